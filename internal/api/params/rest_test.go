package params_test

import (
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api/params"
)

// free has a parameter of its own and takes all others.
type free struct {
	pathPart
	Own  string `json:"own"`
	Rest params.Rest
}

var freePlan = params.PlanOf(reflect.TypeFor[free]())

func TestRest(t *testing.T) {
	long := strings.Repeat("x", 1000)
	var big []string
	for i := range 70 {
		big = append(big, `"k`+strings.Repeat("i", i)+`": "`+long+`"`)
	}
	for name, c := range map[string]struct {
		body, query, own, rest, fault string
	}{
		"nothing":          {"", "", "", "", ""},
		"an empty object":  {"{}", "", "", "", ""},
		"only its own":     {`{"own": "o"}`, "", "o", "", ""},
		"all else":         {`{"b": [1, {"$a.": null}], "own": "o", "": false, "a": 2.50}`, "", "o", `{"b":[1,{"$a.":null}],"":false,"a":2.50}`, ""},
		"wrapped":          {`{"update": {"b": 1, "update": {"c": 2}}, "id": "p"}`, "", "", `{"b":1,"update":{"c":2}}`, ""},
		"of a query":       {"", "a=1&b=x&c=null&d=[1]&own=5", "5", `{"a":1,"b":"x","c":null,"d":[1]}`, ""},
		"of both":          {`{"a": 1}`, "b=2", "", `{"a":1,"b":2}`, ""},
		"twice":            {`{"a": 1}`, "a=2", "", "", "a twice"},
		"twice in a query": {"", "a=2&a=3", "", "", "a twice"},
		"flat and wrapped": {`{"a": 1, "update": {"a": 1}}`, "", "", "", "a twice"},
		"no UTF-8":         {"", "a=%ff", "", "", "a encoding"},
		"too deep":         {`{"a": [[[[]]]]}`, "", "", "", "a depth"},
		"deep enough":      {`{"a": [[[]]]}`, "", "", `{"a":[[[]]]}`, ""},
		"no double":        {`{"b": 1, "a": 9007199254740993}`, "", "", "", "a precision"},
		"too long":         {"{" + strings.Join(big, ",") + "}", "", "", "", " maxLength"},
		"its own is wrong": {`{"own": 5, "a": 1}`, "", "", "", "own type"},
	} {
		t.Run(name, func(t *testing.T) {
			query, err := url.ParseQuery(c.query)
			if err != nil {
				t.Fatal(err)
			}
			var got free
			err = freePlan.Read(params.Input{Path: map[string]string{"id": "p"}, Query: query, Body: []byte(c.body), Wrapper: "update", MaxDepth: 4}, &got)
			if c.fault != "" {
				if faults := strings.Join(faultsOf(t, err), ", "); faults != c.fault {
					t.Errorf("got %q, want %q", faults, c.fault)
				}
				return
			}
			if err != nil || got.Own != c.own || string(got.Rest) != c.rest {
				t.Errorf("got %q and %s, %v", got.Own, got.Rest, err)
			}
		})
	}
}

func TestFurther(t *testing.T) {
	in := params.Input{
		Body: []byte(`{"own": 5, "a": 1}`), Path: map[string]string{"id": "p"}, MaxDepth: 4,
		Further: func(into any) []activity.Fault {
			return []activity.Fault{{Path: string(into.(*free).Rest), Code: "further", Message: "This is what was read."}}
		},
	}
	var got free
	if faults := strings.Join(faultsOf(t, freePlan.Read(in, &got)), ", "); faults != `own type, {"a":1} further` {
		t.Errorf("got %q", faults)
	}
}
