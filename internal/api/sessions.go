package api

func (s *Service) sessionMethods() []*Method { return nil }
