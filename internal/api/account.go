package api

func (s *Service) accountMethods() []*Method { return nil }
