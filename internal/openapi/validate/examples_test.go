package validate_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/api"
	"github.com/activityd/activityd/internal/api/params"
	"github.com/activityd/activityd/internal/openapi"
	"github.com/activityd/activityd/internal/openapi/validate"
)

// TestExamples holds the example of every method to its description, and its
// request to what the method reads.
func TestExamples(t *testing.T) {
	spec, err := validate.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range openapi.Table() {
		t.Run(m.ID, func(t *testing.T) {
			e := example(t, m.ID)
			x, in := request(t, m, e)
			x.Status, x.Answer, x.Header = m.Status, e.Result, answerHeader()
			if err := spec.Check(x); err != nil {
				t.Error(err)
			}
			if err := params.PlanOf(m.Params).Read(in, reflect.New(m.Params).Interface()); err != nil {
				t.Errorf("the method refuses the example: %+v", err)
			}
		})
	}
	batch := example(t, api.BatchCommand)
	x := validate.Exchange{Verb: http.MethodPost, Path: "/", Body: batch.Body, Status: http.StatusOK, Header: answerHeader(), Answer: batch.Result}
	if err := spec.Check(x); err != nil {
		t.Error(err)
	}
}

// exampleFile is what is in a file of an example.
type exampleFile struct {
	Params       map[string]json.RawMessage
	Body, Result json.RawMessage
}

func example(t *testing.T, id string) exampleFile {
	t.Helper()
	text, err := os.ReadFile("../examples/" + id + ".json")
	if err != nil {
		t.Fatalf(`the method has no example: write internal/openapi/examples/%s.json as {"params": {…}, "result": …}: %v`, id, err)
	}
	var e exampleFile
	if err := json.Unmarshal(text, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

// request puts the parameters where the method has them.
func request(t *testing.T, m *api.Method, e exampleFile) (validate.Exchange, params.Input) {
	t.Helper()
	x := validate.Exchange{Verb: m.Verb, Path: m.Path, Query: url.Values{}, Body: e.Body}
	in := params.Input{Path: map[string]string{}, Query: x.Query, MaxDepth: 64}
	body := map[string]json.RawMessage{}
	for name, raw := range e.Params {
		switch {
		case strings.Contains(m.Path, "{"+name+"}"):
			in.Path[name] = text(raw)
			x.Path = strings.ReplaceAll(x.Path, "{"+name+"}", url.PathEscape(text(raw)))
		case openapi.InBody(m):
			body[name] = raw
		default:
			x.Query.Set(name, text(raw))
		}
	}
	if len(body) > 0 {
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		x.Body = text
	}
	in.Body = x.Body
	return x, in
}

// text gives a string's characters, of other values their JSON.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

func answerHeader() http.Header {
	return http.Header{"Content-Type": {"application/json"}, "Api-Version": {"1.0.0"}, "Server-Time": {"1"}, "X-Request-Id": {"x"}}
}

// TestWhatIsNotAsDescribed is found.
func TestWhatIsNotAsDescribed(t *testing.T) {
	spec, err := validate.Load()
	if err != nil {
		t.Fatal(err)
	}
	channel := example(t, "channels.getOne").Result
	right := validate.Exchange{Verb: http.MethodGet, Path: "/channels/diary", Status: http.StatusOK, Header: answerHeader(), Answer: channel}
	if err := spec.Check(right); err != nil {
		t.Fatal(err)
	}
	create := validate.Exchange{
		Verb: http.MethodPost, Path: "/channels", Status: http.StatusCreated, Header: answerHeader(), Answer: channel, Body: []byte(`{"name": "Diary"}`),
	}
	tests := map[string]struct {
		x      validate.Exchange
		change func(*validate.Exchange)
	}{
		"a member missing": {right, func(x *validate.Exchange) {
			x.Answer = []byte(strings.Replace(string(channel), `"name"`, `"label"`, 1))
		}},
		"a member more":       {right, func(x *validate.Exchange) { x.Answer = []byte(strings.Replace(string(channel), `{`, `{"more": 1,`, 1)) }},
		"a wrong type":        {right, func(x *validate.Exchange) { x.Answer = []byte(strings.Replace(string(channel), `false`, `"no"`, 1)) }},
		"another status":      {right, func(x *validate.Exchange) { x.Status = http.StatusAccepted }},
		"an error's status":   {right, func(x *validate.Exchange) { x.Status, x.Answer = 404, []byte(`{"id": "forbidden", "message": "No."}`) }},
		"an error without id": {right, func(x *validate.Exchange) { x.Status, x.Answer = 404, []byte(`{"message": "No."}`) }},
		"no server time":      {right, func(x *validate.Exchange) { x.Header = http.Header{"Content-Type": {"application/json"}} }},
		"a parameter more":    {right, func(x *validate.Exchange) { x.Query = url.Values{"more": {"1"}} }},
		"a body's type":       {create, func(x *validate.Exchange) { x.Body = []byte(`{"name": 7}`) }},
		"a body's member":     {create, func(x *validate.Exchange) { x.Body = []byte(`{"name": "x", "more": 7}`) }},
		"a body missing":      {create, func(x *validate.Exchange) { x.Body = nil }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			x := test.x
			test.change(&x)
			if err := spec.Check(x); err == nil {
				t.Error("this passes")
			}
		})
	}
}
