package api

import (
	"context"
	"net/http"

	"github.com/activityd/activityd/internal/activity"
)

// Version is the version of the API.
const Version = "1.0.0"

func (s *Service) rootMethods() []*Method {
	return []*Method{
		row(Method{
			ID: "root.get", Verb: http.MethodGet, Path: "/", Status: http.StatusOK, Public: true, NoBatch: true,
			Doc: "Tells the API's version, the server's time and whose root this is.",
		}, s.getRoot),
	}
}

// RootInfo is what GET / on a user's root tells.
type RootInfo struct {
	APIVersion string             `json:"apiVersion"`
	ServerTime activity.Timestamp `json:"serverTime" doc:"The server's time, in seconds since 1970-01-01 UTC."`
	Username   activity.Username  `json:"username" doc:"Whose root this is."`
}

func (s *Service) getRoot(_ context.Context, c *Call, _ None) (RootInfo, error) {
	return RootInfo{APIVersion: Version, ServerTime: s.now(), Username: c.Username}, nil
}
