package api

import (
	"context"
	"errors"
	"fmt"

	"github.com/activityd/activityd/internal/activity"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Panic is the error that a panic in a handler becomes, so that it ends what
// was asked and nothing else. Its text, for the log, has the stack.
type Panic struct {
	Value any
	Stack []byte
}

// Error gives the value of the panic and the stack.
func (p *Panic) Error() string { return fmt.Sprintf("panic: %v\n%s", p.Value, p.Stack) }

// ErrorOf gives an error as clients see it: what is no activity.Error is
// CodeInternalError, or CodeServiceUnavailable when a context ended, with err
// as the cause.
func ErrorOf(err error) *activity.Error {
	var known *activity.Error
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return activity.NewError(activity.CodeServiceUnavailable,
			"The server did not get this done in time: wait a moment, then try again.").Because(err)
	}
	return activity.NewError(activity.CodeInternalError,
		"The server failed at this: try again, or tell its operator the id of the request.").Because(err)
}

// AppendError appends the error object of the API, {id, message, data?}.
func AppendError(b []byte, e *activity.Error) []byte {
	b = append(b, `{"id":`...)
	b = activity.AppendString(b, string(e.Code))
	b = append(b, `,"message":`...)
	b = activity.AppendString(b, e.Message)
	if e.Data != nil {
		// Data that cannot be written is a mistake of the program; the id and
		// the message tell the client enough.
		if data, err := marshal(e.Data); err == nil {
			b = append(append(b, `,"data":`...), data...)
		}
	}
	return append(b, '}')
}

// AppendResult appends the JSON of a method's result, which must not be a
// Stream. It fails only for a result that has no JSON: a mistake of the program.
func AppendResult(b []byte, result any) ([]byte, error) {
	if own, ok := result.(Appender); ok {
		return own.AppendJSON(b), nil
	}
	text, err := marshal(result)
	if err != nil {
		return b, fmt.Errorf("write the result %T: %w", result, err)
	}
	return append(b, text...), nil
}

// marshal writes any value in a fixed order; bytes that are not UTF-8, which
// only what a client sent wrong can hold, become U+FFFD.
func marshal(v any) ([]byte, error) {
	return json.Marshal(v, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
}

// gather appends the JSON of any result, a Stream as an array. It fails with
// CodeRequestTooLarge when b gets longer than MaxAnswer.
func (s *Service) gather(b []byte, result any) ([]byte, error) {
	list, ok := result.(Stream)
	if !ok {
		b, err := AppendResult(b, result)
		return b, errors.Join(err, s.fits(b))
	}
	b = append(b, '[')
	first := true
	for element, err := range list {
		if err != nil {
			return b, err
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = element.AppendJSON(b)
		if err := s.fits(b); err != nil {
			return b, err
		}
	}
	b = append(b, ']')
	return b, s.fits(b)
}

// fits bounds an answer that is gathered.
func (s *Service) fits(answer []byte) error {
	if len(answer) <= s.Limits.MaxAnswer {
		return nil
	}
	return activity.NewError(activity.CodeRequestTooLarge,
		"The answer is longer than %d bytes: ask for less at once. What was written stays written.", s.Limits.MaxAnswer).
		With(TooLarge{Limit: "max_answer", Most: s.Limits.MaxAnswer})
}

// TooLarge is the data of CodeRequestTooLarge.
type TooLarge struct {
	Limit string `json:"limit"` // the setting's name
	Most  int    `json:"most"`  // its value: bytes, or entries for max_batch
}
