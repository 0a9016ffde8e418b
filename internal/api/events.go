package api

func (s *Service) eventMethods() []*Method { return nil }
