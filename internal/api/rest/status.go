package rest

import (
	"net/http"

	"github.com/activityd/activityd/internal/activity"
)

// statusOf is the one table of codes and statuses, in the order of
// activity.Code. It gives 0 for what is no code. Where the same code has
// another status by its place, statusAt says so.
func statusOf(code activity.Code) int {
	switch code {
	case activity.CodeInvalidRequestStructure,
		activity.CodeInvalidParametersFormat,
		activity.CodeMissingParameter,
		activity.CodeInvalidItemID,
		activity.CodeItemIDAlreadyExists,
		activity.CodeItemNameAlreadyExists,
		activity.CodeUnknownFolder,
		activity.CodeInvalidOperation,
		activity.CodePeriodsOverlap:
		return http.StatusBadRequest
	case activity.CodeRequestTooLarge:
		return http.StatusRequestEntityTooLarge
	case activity.CodeMissingAccessToken,
		activity.CodeInvalidAccessToken,
		activity.CodeInvalidCredentials:
		return http.StatusUnauthorized
	case activity.CodeUserInterventionRequired:
		return http.StatusPaymentRequired
	case activity.CodeForbidden:
		return http.StatusForbidden
	case activity.CodeUnknownUser,
		activity.CodeUnknownChannel,
		activity.CodeUnknownEvent,
		activity.CodeUnknownAttachment,
		activity.CodeUnknownAccess,
		activity.CodeUnknownBookmark,
		activity.CodeUnknownMethod,
		activity.CodeUnknownResource:
		return http.StatusNotFound
	case activity.CodeItemChanged:
		return http.StatusConflict
	case activity.CodeCursorExpired:
		return http.StatusGone
	case activity.CodeMethodNotAllowed:
		return http.StatusMethodNotAllowed
	case activity.CodeUserAccountRelocated:
		return http.StatusMovedPermanently
	case activity.CodeTooManyRequests:
		return http.StatusTooManyRequests
	case activity.CodeInternalError:
		return http.StatusInternalServerError
	case activity.CodeServiceUnavailable:
		return http.StatusServiceUnavailable
	}
	return 0
}

// detail is what the status line and the headers take from an error's data.
type detail struct {
	URL        string   `json:"url"`
	RetryAfter int      `json:"retryAfter"`
	UnknownIDs []string `json:"unknownIds"`
}

// statusAt gives the status of an error. A folder that is unknown is not found
// where the path names it, and a wrong parameter elsewhere. A code that the
// table forgot is a failure of ours.
func statusAt(e *activity.Error, d detail, pathID string) int {
	status := statusOf(e.Code)
	switch {
	case status == 0:
		return http.StatusInternalServerError
	case e.Code == activity.CodeUnknownFolder && len(d.UnknownIDs) == 1 && d.UnknownIDs[0] == pathID:
		return http.StatusNotFound
	}
	return status
}
