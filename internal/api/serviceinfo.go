package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/activityd/activityd/internal/activity"
)

func (s *Service) serviceMethods() []*Method {
	return []*Method{
		row(Method{
			ID: "service.info", Verb: http.MethodGet, Path: "/service/info", Status: http.StatusOK, Root: BothRoots, Public: true,
			Doc: "Tells what a client needs before anybody signs in.",
		}, s.getServiceInfo),
		row(Method{
			ID: "service.eventTypes", Verb: http.MethodGet, Path: "/service/event-types", Status: http.StatusOK, Root: BothRoots, Public: true,
			Doc: "Gives the directory of event types, with the JSON Schema of the value of each.",
		}, s.getEventTypes),
	}
}

// ServiceInfo is what a client needs before anybody signs in.
type ServiceInfo struct {
	Name         string        `json:"name" doc:"Of the software."`
	APIVersion   string        `json:"apiVersion"`
	API          string        `json:"api" doc:"Where a user's root is, with {username} in it."`
	Register     string        `json:"register" doc:"POST makes an account; /{username}/check after it tells whether a name is free."`
	Access       string        `json:"access,omitempty" doc:"POST asks a user for access."`
	EventTypes   string        `json:"eventTypes" doc:"The directory of event types."`
	Docs         string        `json:"docs" doc:"The API's documentation."`
	Registration Registration  `json:"registration" doc:"Who may make an account: open, invite or closed."`
	Limits       ServiceLimits `json:"limits"`
}

// ServiceLimits are the bounds of requests and answers.
type ServiceLimits struct {
	MaxBody   int `json:"maxBody" doc:"Bytes of JSON in one request."`
	MaxAnswer int `json:"maxAnswer" doc:"Bytes of the answer to a batch or a command on a socket."`
	MaxDepth  int `json:"maxDepth" doc:"Levels that a value nests."`
	MaxBatch  int `json:"maxBatch" doc:"Entries of one batch."`
}

// getServiceInfo is service.info. Errors: CodeUnknownUser on the root of a
// user that there is not.
func (s *Service) getServiceInfo(ctx context.Context, c *Call, _ None) (ServiceInfo, error) {
	info := ServiceInfo{
		Name: "activityd", APIVersion: Version, API: s.UserURL("{username}"),
		Register: s.PublicURL + "/users", EventTypes: s.PublicURL + "/service/event-types", Docs: s.PublicURL + "/docs",
		Registration: s.Registration,
		Limits: ServiceLimits{
			MaxBody: s.Limits.MaxBody, MaxAnswer: s.Limits.MaxAnswer, MaxDepth: s.Limits.MaxDepth, MaxBatch: s.Limits.MaxBatch,
		},
	}
	for _, m := range s.methods {
		if m.Path == "/access" && m.Root == ServiceRoot {
			info.Access = s.PublicURL + m.Path
		}
	}
	return info, s.knownUser(ctx, c)
}

// knownUser fails with CodeUnknownUser on the root of a user that there is
// not: for public methods of both roots, which find no user for themselves.
func (s *Service) knownUser(ctx context.Context, c *Call) error {
	if c.Username == "" {
		return nil
	}
	_, err := s.Store.Users().UserByName(ctx, activity.Username(strings.ToLower(string(c.Username))))
	return err
}
