package params

import (
	"bytes"
	"errors"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/activityd/activityd/internal/activity"
	"github.com/go-json-experiment/json/jsontext"
)

// Input is where the parameters of one request stand.
type Input struct {
	Path  map[string]string // unescaped
	Query url.Values
	Body  []byte // JSON text; empty for none

	// Wrapper names a member of the body whose members count as the body's own,
	// such as "update" in commands; "" for none.
	Wrapper string

	// MaxDepth bounds the nesting of values and client data.
	MaxDepth int
}

// member is one parameter as it was given.
type member struct {
	name string
	raw  jsontext.Value // from a body
	text []string       // from a query; raw is nil then
}

// envelopeDepth is how deep a request wraps a value beyond the value's own
// nesting: batch array, entry, params, list, event.
const envelopeDepth = 16

// CheckStructure accepts one JSON text: valid UTF-8 without lone surrogates,
// no key twice in an object. It fails with CodeInvalidRequestStructure, or
// CodeInvalidParametersFormat for nesting beyond what any method takes.
func CheckStructure(body []byte, maxDepth int) error {
	if fault := checkNesting(body, maxDepth+envelopeDepth); fault != nil {
		return activity.FaultsError([]activity.Fault{*fault})
	}
	dec := jsontext.NewDecoder(bytes.NewReader(body))
	if err := dec.SkipValue(); err != nil {
		return structureError(err)
	}
	if _, err := dec.ReadToken(); !errors.Is(err, io.EOF) {
		return activity.NewError(activity.CodeInvalidRequestStructure, "The body goes on after its JSON value: send exactly one.")
	}
	return nil
}

func structureError(err error) error {
	message := "The body is not valid JSON: send one JSON value in UTF-8."
	var syntax *jsontext.SyntacticError
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName):
		message = "An object of the body has the same key twice: send each key once."
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		message = "The body ends before its JSON value does: send all of it."
	}
	e := activity.NewError(activity.CodeInvalidRequestStructure, "%s", message).Because(err)
	if errors.As(err, &syntax) {
		e = e.With(map[string]any{"offset": syntax.ByteOffset})
	}
	return e
}

func checkNesting(text []byte, most int) *activity.Fault {
	depth, inString := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case inString:
			if c == '\\' {
				i++
			}
			inString = c != '"'
		case c == '"':
			inString = true
		case c == '{' || c == '[':
			if depth++; depth > most {
				return activity.NewFault("depth", "The body nests deeper than any value may: flatten it.")
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}

// members gives the parameters in body and query. It fails when the body is no
// JSON object or a name stands in both.
func (in *Input) members() ([]member, error) {
	var all []member
	if len(bytes.TrimSpace(in.Body)) > 0 {
		if err := CheckStructure(in.Body, in.MaxDepth); err != nil {
			return nil, err
		}
		var err error
		if all, err = in.objectMembers(); err != nil {
			return nil, err
		}
	}
	return append(all, queryMembers(in.Query)...), nil
}

// objectMembers gives the members of a body that CheckStructure accepted.
func (in *Input) objectMembers() ([]member, error) {
	dec := jsontext.NewDecoder(bytes.NewReader(in.Body))
	if dec.PeekKind() != '{' {
		return nil, activity.NewError(activity.CodeInvalidRequestStructure, "The parameters must be a JSON object: send {…}.")
	}
	var all []member
	for name, raw := range object(in.Body) {
		if name != in.Wrapper || raw.Kind() != '{' || in.Wrapper == "" {
			all = append(all, member{name: name, raw: raw})
			continue
		}
		for inner, raw := range object(raw) {
			all = append(all, member{name: inner, raw: raw})
		}
	}
	return all, nil
}

// object walks the members of a valid object's text.
func object(text []byte) func(yield func(string, jsontext.Value) bool) {
	return func(yield func(string, jsontext.Value) bool) {
		dec := jsontext.NewDecoder(bytes.NewReader(text))
		if _, err := dec.ReadToken(); err != nil {
			return
		}
		for dec.PeekKind() == '"' {
			name, err := dec.ReadToken()
			if err != nil {
				return
			}
			key := name.String()
			raw, err := dec.ReadValue()
			if err != nil || !yield(key, raw.Clone()) {
				return
			}
		}
	}
}

// array walks the elements of a valid array's text.
func array(text []byte) func(yield func(int, jsontext.Value) bool) {
	return func(yield func(int, jsontext.Value) bool) {
		dec := jsontext.NewDecoder(bytes.NewReader(text))
		if _, err := dec.ReadToken(); err != nil {
			return
		}
		for i := 0; dec.PeekKind() != ']'; i++ {
			raw, err := dec.ReadValue()
			if err != nil || !yield(i, raw.Clone()) {
				return
			}
		}
	}
}

// ignoredQuery are names in a query that are no parameters: the token, and
// what old libraries add against caches.
var ignoredQuery = []string{"auth", "_"}

// queryMembers gives the parameters of a query in a fixed order. An array may
// be written name[]=a&name[]=b.
func queryMembers(query url.Values) []member {
	var all []member
	for name, values := range query {
		if slices.Contains(ignoredQuery, name) {
			continue
		}
		all = append(all, member{name: strings.TrimSuffix(name, "[]"), text: values})
	}
	slices.SortFunc(all, func(a, b member) int { return strings.Compare(a.name, b.name) })
	return all
}
