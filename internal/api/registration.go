package api

func (s *Service) registrationMethods() []*Method { return nil }
