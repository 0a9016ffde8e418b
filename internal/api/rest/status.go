package rest

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api"
	"github.com/activityd/activityd/internal/api/hosts"
)

// StatusOf is the one table of codes and statuses, in the order of
// activity.Code. It gives 0 for what is no code. Where the same code has
// another status by its place, statusFor says so.
func StatusOf(code activity.Code) int {
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

// statusFor gives the status of an error: that of its code, but for a Host that
// is none of ours and for a folder that the path names. A code that the table
// forgot is a failure of ours.
func statusFor(err error, code activity.Code) int {
	var elsewhere *misdirected
	status := StatusOf(code)
	switch {
	case errors.As(err, &elsewhere):
		return http.StatusMisdirectedRequest
	case code == activity.CodeUnknownFolder && api.InPath(err):
		return http.StatusNotFound
	case status == 0:
		return http.StatusInternalServerError
	}
	return status
}

// misdirected is hosts.Misdirected with the status 421, which no code has.
type misdirected struct{ domain string }

func (m *misdirected) Error() string { return "the Host is none of this server's" }

func (m *misdirected) Unwrap() error {
	return hosts.Misdirected(m.domain)
}

// detail is what headers take from an error's data.
type detail struct {
	URL        string `json:"url"`
	RetryAfter int    `json:"retryAfter"`
}

// detailOf reads the detail; data of another shape has none.
func detailOf(e *activity.Error) detail {
	var d detail
	if text, err := json.Marshal(e.Data); err != nil || json.Unmarshal(text, &d) != nil {
		return detail{}
	}
	return d
}
