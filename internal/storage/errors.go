package storage

import "github.com/activityd/activityd/internal/activity"

// UnknownUser is the error for a user who is not there (any more).
func UnknownUser() *activity.Error {
	return activity.NewError(activity.CodeUnknownUser, "There is no such user: check the username.")
}

// UnknownChannel is the error for a channel that is not there.
func UnknownChannel(id activity.ChannelID) *activity.Error {
	return activity.NewError(activity.CodeUnknownChannel, "There is no channel %q: check its id.", id)
}

// UnknownEvent is the error for an event that is not there.
func UnknownEvent(id activity.EventID) *activity.Error {
	return activity.NewError(activity.CodeUnknownEvent, "There is no event %q in this channel: check its id.", id)
}

// UnknownAccess is the error for an access or a session that is not there.
func UnknownAccess() *activity.Error {
	return activity.NewError(activity.CodeUnknownAccess, "There is no such access: check its id.")
}

// IDTaken is the error for an id that another item of the kind has.
func IDTaken(kind activity.Kind, id string) *activity.Error {
	return activity.NewError(activity.CodeItemIDAlreadyExists, "The %s id %q is taken: choose another, or give none to have one made.", kind, id).
		With(map[string]any{"id": id})
}
