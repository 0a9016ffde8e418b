package activity

import "fmt"

// Code is a stable error class and part of the public API: add, never rename.
type Code string

// The codes of api.md section 2, in its order. The HTTP status of each stands
// in one table of the REST adapter.
const (
	CodeInvalidRequestStructure  Code = "invalid-request-structure"
	CodeRequestTooLarge          Code = "request-too-large"
	CodeInvalidParametersFormat  Code = "invalid-parameters-format"
	CodeMissingParameter         Code = "missing-parameter"
	CodeInvalidItemID            Code = "invalid-item-id"
	CodeItemIDAlreadyExists      Code = "item-id-already-exists"
	CodeItemNameAlreadyExists    Code = "item-name-already-exists"
	CodeUnknownFolder            Code = "unknown-folder"
	CodeInvalidOperation         Code = "invalid-operation"
	CodePeriodsOverlap           Code = "periods-overlap"
	CodeMissingAccessToken       Code = "missing-access-token"
	CodeInvalidAccessToken       Code = "invalid-access-token"
	CodeInvalidCredentials       Code = "invalid-credentials"
	CodeUserInterventionRequired Code = "user-intervention-required"
	CodeForbidden                Code = "forbidden"
	CodeUnknownUser              Code = "unknown-user"
	CodeUnknownChannel           Code = "unknown-channel"
	CodeUnknownEvent             Code = "unknown-event"
	CodeUnknownAttachment        Code = "unknown-attachment"
	CodeUnknownAccess            Code = "unknown-access"
	CodeUnknownBookmark          Code = "unknown-bookmark"
	CodeUnknownMethod            Code = "unknown-method"
	CodeUnknownResource          Code = "unknown-resource"
	CodeItemChanged              Code = "item-changed"
	CodeCursorExpired            Code = "cursor-expired"
	CodeMethodNotAllowed         Code = "method-not-allowed"
	CodeUserAccountRelocated     Code = "user-account-relocated"
	CodeTooManyRequests          Code = "too-many-requests"
	CodeInternalError            Code = "internal-error"
	CodeServiceUnavailable       Code = "service-unavailable"
)

// Error is what every layer returns for a failure that the client may see.
// Any other error reaches clients as CodeInternalError and nothing more.
type Error struct {
	Code    Code
	Message string // one English sentence that says what to do, shown to the client
	Data    any    // machine-readable detail, per api.md; nil for none
	Err     error  // cause: logged, never sent; may be nil
}

// Error gives the code, the message and the cause, for logs.
func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Message, e.Err)
	}
	return fmt.Sprintf("%s: %s", e.Code, e.Message)
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is an Error of the same code, so that
// errors.Is(err, activity.NewError(code, "")) works.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// NewError makes an Error; the message is formatted as by fmt.Sprintf.
func NewError(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// With returns a copy of e that carries data.
func (e *Error) With(data any) *Error {
	c := *e
	c.Data = data
	return &c
}

// Because returns a copy of e that carries the cause.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.Err = cause
	return &c
}

// Fault is one wrong value in a request. The data of
// CodeInvalidParametersFormat is an array of all of them.
type Fault struct {
	Path    string `json:"path"`    // of the value, such as "tags[3]" or "clientData"; "" is the whole
	Code    string `json:"code"`    // what is wrong: type, unknown, pattern, minimum, maximum, …
	Message string `json:"message"` // one sentence for the developer
}

// Error makes a Fault the error that decoders of single values return.
func (f *Fault) Error() string { return f.Path + ": " + f.Message }

// NewFault makes a Fault without a path, which the decoder adds.
func NewFault(code, format string, args ...any) *Fault {
	return &Fault{Code: code, Message: fmt.Sprintf(format, args...)}
}

// FaultsError is the error that reports faults; nil for none.
func FaultsError(faults []Fault) error {
	if len(faults) == 0 {
		return nil
	}
	word := "value is"
	if len(faults) > 1 {
		word = "values are"
	}
	return NewError(CodeInvalidParametersFormat,
		"%d %s not as this method takes them: see data and correct each.", len(faults), word).With(faults)
}
