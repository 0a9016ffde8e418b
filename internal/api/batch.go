package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api/params"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// BatchCommand is the command id of a batch. It has no row in the table, since
// its parameters are an array.
const BatchCommand = "batch"

// Command runs the method of a command id with its parameters, a JSON object
// ("" for none) or, where the method takes one, an array, and gives the result's JSON. c.Username must be set; Command
// fills in the rest of c as Invoke does. Errors: those of the method,
// CodeUnknownMethod, CodeInvalidRequestStructure for other
// parameters, CodeRequestTooLarge for a result longer than MaxAnswer (what was
// written stays written). A panic is a Panic. It is safe for use by many
// goroutines, each with its own c.
func (s *Service) Command(ctx context.Context, c *Call, id string, in []byte) ([]byte, error) {
	return s.appendCommand(ctx, nil, c, id, in)
}

func (s *Service) appendCommand(ctx context.Context, b []byte, c *Call, id string, in []byte) (out []byte, err error) {
	defer func() {
		if v := recover(); v != nil {
			out, err = b, &Panic{Value: v, Stack: debug.Stack()}
		}
	}()
	m, path, err := s.Resolve(id)
	if err != nil {
		return b, err
	}
	if m.Root == ServiceRoot || c.Username == "" {
		return b, activity.NewError(activity.CodeUnknownMethod, "This method is the service's, not a user's: send it by REST to the service's root.")
	}
	in = bytes.TrimSpace(in)
	if len(in) > 0 && in[0] != '{' && !m.TakesArray() {
		return b, activity.NewError(activity.CodeInvalidRequestStructure, "The params of a command are a JSON object: send {…}, or leave them out.")
	}
	given := params.Input{Path: path, Body: in}
	if m.Verb == http.MethodPut {
		given.Wrapper = "update"
	}
	result, err := s.Invoke(ctx, m, c, given)
	if err != nil {
		return b, err
	}
	return s.gather(b, result)
}

// Batch runs the entries of a batch in order, each as a unit of its own, and
// gives the JSON array of their results and errors. Errors of the whole: those
// of authentication; CodeInvalidRequestStructure for a body that is no JSON
// array; CodeRequestTooLarge for more than MaxBatch entries, before any has run,
// and for an answer longer than MaxAnswer: entries after the one that made it so
// have not run, those before stay done.
//
// Failed hears of each entry's error with the id of its method, "" where there
// is none such, so that the adapter can log those that clients must not see.
func (s *Service) Batch(ctx context.Context, c *Call, body []byte, failed func(method string, err error)) ([]byte, error) {
	whole := *c
	if err := s.enter(ctx, &Method{}, &whole); err != nil {
		return nil, err
	}
	entries, err := s.entries(body)
	if err != nil {
		return nil, err
	}
	b := []byte{'['}
	for i, raw := range entries {
		if i > 0 {
			b = append(b, ',')
		}
		one := *c
		one.IfMatch = ""
		b = s.appendEntry(ctx, b, &one, raw, failed)
		if err := s.fits(b); err != nil {
			return nil, err
		}
	}
	b = append(b, ']')
	return b, s.fits(b)
}

// entries splits a batch. A key that stands twice is left to its entry.
func (s *Service) entries(body []byte) ([]jsontext.Value, error) {
	if text := bytes.TrimSpace(body); len(text) == 0 || text[0] != '[' {
		return nil, activity.NewError(activity.CodeInvalidRequestStructure, `A batch is a JSON array: send [{"method": "…", "params": {…}}, …].`)
	}
	var all []jsontext.Value
	if err := json.Unmarshal(body, &all, jsontext.AllowDuplicateNames(true)); err != nil {
		e := activity.NewError(activity.CodeInvalidRequestStructure, "The body is not valid JSON: send one JSON array in UTF-8.").Because(err)
		var syntax *jsontext.SyntacticError
		if errors.As(err, &syntax) {
			e = e.With(map[string]any{"offset": syntax.ByteOffset})
		}
		return nil, e
	}
	if len(all) > s.Limits.MaxBatch {
		return nil, activity.NewError(activity.CodeRequestTooLarge, "A batch has at most %d entries: send several.", s.Limits.MaxBatch).
			With(TooLarge{Limit: "max_batch", Most: s.Limits.MaxBatch})
	}
	return all, nil
}

// appendEntry runs an entry and appends {result} or {error}. The error of an
// answer that is too large is left to the caller, who sees the same length.
func (s *Service) appendEntry(ctx context.Context, b []byte, c *Call, raw jsontext.Value, failed func(string, error)) []byte {
	before := len(b)
	command, in, err := s.entry(raw)
	if err == nil {
		b = append(b, `{"result":`...)
		b, err = s.appendCommand(ctx, b, c, command, in)
	}
	if err != nil && s.fits(b) == nil {
		method := ""
		if m, _, unknown := s.Resolve(command); unknown == nil {
			method = m.ID
		}
		failed(method, err)
		b = AppendError(append(b[:before], `{"error":`...), ErrorOf(err))
	}
	return append(b, '}')
}

// entry reads {method, params}.
func (s *Service) entry(raw jsontext.Value) (command string, in []byte, err error) {
	if err := params.CheckStructure(raw, s.Limits.MaxDepth); err != nil {
		return "", nil, err
	}
	var given struct {
		Method string         `json:"method"`
		Params jsontext.Value `json:"params"`
	}
	if err = json.Unmarshal(raw, &given, json.RejectUnknownMembers(true)); err == nil && given.Method == "" {
		err = fmt.Errorf("no method")
	}
	if err != nil {
		e := activity.NewError(activity.CodeInvalidRequestStructure, `An entry of a batch is {"method": "…", "params": {…}}: send it so.`).Because(err)
		var semantic *json.SemanticError
		if errors.As(err, &semantic) && semantic.JSONPointer != "" {
			e = e.With(map[string]any{"path": semantic.JSONPointer.LastToken()})
		}
		return "", nil, e
	}
	return given.Method, given.Params, nil
}
