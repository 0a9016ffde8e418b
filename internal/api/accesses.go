package api

func (s *Service) accessMethods() []*Method { return nil }
