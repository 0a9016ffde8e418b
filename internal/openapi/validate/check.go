package validate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api/rest"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

const jsonType = "application/json"

// Exchange is a request as it was sent and what came back.
type Exchange struct {
	Verb        string
	Path        string // below its root, with its escapes
	Query       url.Values
	ContentType string // of the request; "" for none
	Body        []byte
	Status      int
	Header      http.Header // of the answer
	Answer      []byte
}

// Check holds an exchange to the description: an answer of JSON always, the
// request when it was taken. It says nothing of what the description does not
// name, such as the paths of nothing.
//
// A form is the request that it describes: its answer is judged as that one's,
// and its parameters are not.
func (s *Spec) Check(x Exchange) error {
	o := s.find(x.verb(), split(x.Path))
	if o == nil || !strings.HasPrefix(x.Header.Get("Content-Type"), jsonType) {
		return nil
	}
	problems := []error{o.checkHeader(x), o.checkAnswer(x.Status, x.Answer)}
	if x.Status < http.StatusBadRequest && !x.form() {
		problems = append(problems, o.checkPath(x), o.checkQuery(x), o.checkBody(x))
	}
	if err := errors.Join(problems...); err != nil {
		return fmt.Errorf("%s %s, answered %d, is not as api-docs/openapi.yaml says: %w", x.verb(), strings.Join(o.segments, "/"), x.Status, err)
	}
	return nil
}

// find gives the operation that a request is for, nil for none. Literal
// segments come before parameters, as they do in the service.
func (s *Spec) find(verb string, path []string) *operation {
	var best *operation
	for _, o := range s.operations {
		if o.verb == verb && o.matches(path) && (best == nil || o.before(best)) {
			best = o
		}
	}
	return best
}

func isParameter(segment string) bool { return strings.HasPrefix(segment, "{") }

func (o *operation) matches(path []string) bool {
	return slices.EqualFunc(o.segments, path, func(segment, given string) bool {
		return segment == given || isParameter(segment) && given != ""
	})
}

func (o *operation) before(other *operation) bool {
	for i, segment := range o.segments {
		if isParameter(segment) != isParameter(other.segments[i]) {
			return !isParameter(segment)
		}
	}
	return false
}

func (o *operation) checkHeader(x Exchange) error {
	for _, name := range []string{"API-Version", "Server-Time", "X-Request-Id"} {
		if x.Header.Get(name) == "" {
			return fmt.Errorf("the answer has no header %s", name)
		}
	}
	return nil
}

// checkAnswer holds errors also to the table of ids and statuses.
func (o *operation) checkAnswer(status int, answer []byte) error {
	schema, ok := o.answers[strconv.Itoa(status)]
	if !ok {
		if status < http.StatusMultipleChoices {
			return fmt.Errorf("this status is not described")
		}
		schema = o.answers["default"]
	}
	if status >= http.StatusBadRequest {
		var e struct{ ID activity.Code }
		if err := json.Unmarshal(answer, &e); err != nil {
			return fmt.Errorf("the answer is no error: %w", err)
		}
		inPath := e.ID == activity.CodeUnknownFolder && status == http.StatusNotFound
		if rest.StatusOf(e.ID) != status && !inPath && status != http.StatusMisdirectedRequest {
			return fmt.Errorf("the id %q has another status", e.ID)
		}
	}
	return valid("answer", schema, answer)
}

func (o *operation) checkPath(x Exchange) error {
	given := split(x.Path)
	for i, segment := range o.segments {
		if !isParameter(segment) {
			continue
		}
		name := strings.Trim(segment, "{}")
		text, err := url.PathUnescape(given[i])
		if err != nil {
			return err
		}
		if err := o.params[name].check(name, []string{text}); err != nil {
			return err
		}
	}
	return nil
}

func (o *operation) checkQuery(x Exchange) error {
	seen := map[string]bool{}
	for name, values := range x.Query {
		name = strings.TrimSuffix(name, "[]")
		seen[name] = true
		p, ok := o.params[name]
		switch {
		case name == "auth" || name == "_" || x.Verb == http.MethodPost || x.Verb == http.MethodPut:
			continue // the token; and what another place is described for
		case !ok:
			return fmt.Errorf("the query's %s is not described", name)
		}
		if err := p.check(name, values); err != nil {
			return err
		}
	}
	for _, name := range o.required {
		if !seen[name] && len(x.Body) == 0 { // a DELETE may have it in a body
			return fmt.Errorf("the query has no %s, which is required", name)
		}
	}
	return nil
}

// checkBody leaves a body beside a query alone, since its parameters may be
// there, and an array of which the answer refuses an entry.
func (o *operation) checkBody(x Exchange) error {
	inQuery := len(x.Query) > 1 || len(x.Query) == 1 && !x.Query.Has("auth")
	switch {
	case x.Verb == http.MethodGet || x.Verb == http.MethodDelete || inQuery || x.refusesEntry():
		return nil
	case len(bytes.TrimSpace(x.Body)) == 0:
		if o.needed {
			return errors.New("the request has no body, which is required")
		}
		return nil
	case o.body == nil:
		if string(bytes.TrimSpace(x.Body)) != "{}" {
			return errors.New("the request has a body, which is not described")
		}
		return nil
	}
	return valid("request", o.body, x.withoutPath(o))
}

// refusesEntry reports whether the answer to an array holds an error.
func (x Exchange) refusesEntry() bool {
	type entry struct{ Error json.RawMessage }
	var inOrder []entry
	var byName map[string]entry
	if !bytes.HasPrefix(bytes.TrimSpace(x.Body), []byte("[")) {
		return false
	}
	if json.Unmarshal(x.Answer, &inOrder) != nil && json.Unmarshal(x.Answer, &byName) != nil {
		return false
	}
	inOrder = slices.AppendSeq(inOrder, maps.Values(byName))
	return slices.ContainsFunc(inOrder, func(e entry) bool { return e.Error != nil })
}

// withoutPath gives the body without what it repeats of the path, as updates
// may.
func (x Exchange) withoutPath(o *operation) []byte {
	var members map[string]json.RawMessage
	if json.Unmarshal(x.Body, &members) != nil {
		return x.Body // an array
	}
	repeated := false
	for name, p := range o.params {
		if _, ok := members[name]; ok && p.inPath {
			delete(members, name)
			repeated = true
		}
	}
	if !repeated {
		return x.Body
	}
	text, err := json.Marshal(members)
	if err != nil {
		return x.Body
	}
	return text
}

// check holds a parameter's text to its schema.
func (p *parameter) check(name string, texts []string) error {
	var text []byte
	if p.kind == "array" {
		text = arrayOf(texts, p.items)
	} else {
		text = scalarOf(texts[0], p.kind)
	}
	return valid("parameter "+name, p.schema, text)
}

// arrayOf reads the forms of an array in a query.
func arrayOf(texts []string, kind string) []byte {
	if len(texts) == 1 {
		if json.Valid([]byte(texts[0])) && strings.HasPrefix(texts[0], "[") {
			return []byte(texts[0])
		}
		texts = strings.Split(texts[0], ",")
	}
	var items [][]byte
	for _, text := range texts {
		if text != "" {
			items = append(items, scalarOf(text, kind))
		}
	}
	return append(append([]byte{'['}, bytes.Join(items, []byte{','})...), ']')
}

func scalarOf(text, kind string) []byte {
	if kind != "string" && json.Valid([]byte(text)) {
		return []byte(text)
	}
	return activity.AppendString(nil, text)
}

func valid(what string, schema *jsonschema.Schema, text []byte) error {
	var value any // numbers as doubles, which is how the service reads them
	err := json.Unmarshal(text, &value)
	if err != nil { // a number beyond a double, where anything is taken
		value, err = jsonschema.UnmarshalJSON(bytes.NewReader(text))
	}
	if err == nil {
		err = schema.Validate(value)
	}
	if err != nil {
		return fmt.Errorf("%s: %w\n%.2000s", what, err, text)
	}
	return nil
}
