package api

func (s *Service) folderMethods() []*Method { return nil }
