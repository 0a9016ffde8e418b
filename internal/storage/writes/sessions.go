package writes

import (
	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

// BeforeSession gives the sessions that are to be deleted, each by a write of
// its own, before CreateSession adds the one of that id.
// CodeItemIDAlreadyExists.
func BeforeSession(s *storage.Structure, id activity.SessionID, now activity.Timestamp) ([]activity.SessionID, error) {
	if _, ok := s.Session(id); ok {
		return nil, storage.IDTaken(activity.SessionKind, string(id))
	}
	return s.FallingOut(now), nil
}

// CreateSession adds v, and sets its Created.
func CreateSession(s *storage.Structure, v *activity.Session, at activity.Timestamp) Step {
	v.Created = at
	return Step{sessionChange(v.ID, activity.Created), s.WithSession(*v)}
}

// DeleteSession ends a session. CodeUnknownAccess.
func DeleteSession(s *storage.Structure, id activity.SessionID) (Step, error) {
	if _, ok := s.Session(id); !ok {
		return Step{}, storage.UnknownAccess()
	}
	return Step{sessionChange(id, activity.Deleted), s.WithoutSession(id)}, nil
}

func sessionChange(id activity.SessionID, action activity.Action) activity.Change {
	return activity.Change{Kind: activity.SessionKind, Action: action, Item: string(id)}
}
