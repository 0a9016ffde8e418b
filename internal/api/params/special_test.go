package params_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api/params"
)

// command has what a command's parameters need.
type command struct {
	pathPart
	Name  params.Optional[string] `json:"name"`
	Fixed params.Fixed
	Given params.Given
}

var commandPlan = params.PlanOf(reflect.TypeFor[command]())

func readCommand(in params.Input) (command, error) {
	in.MaxDepth = 4
	var got command
	err := commandPlan.Read(in, &got)
	return got, err
}

func TestWrapper(t *testing.T) {
	cases := map[string]struct {
		body  string
		name  string
		fault string // of the error
		fixed string // left to the handler
	}{
		"flat":                             {`{"id": "p", "name": "n"}`, "n", "", ""},
		"wrapped":                          {`{"id": "p", "update": {"name": "n"}}`, "n", "", ""},
		"wrapped first":                    {`{"update": {"name": "n"}, "id": "p"}`, "n", "", ""},
		"with its id again":                {`{"id": "p", "update": {"id": "p", "name": "n"}}`, "n", "", ""},
		"with another id":                  {`{"id": "p", "update": {"id": "q", "name": "n"}}`, "n", "", "id read-only"},
		"with another id, in front":        {`{"update": {"id": "q", "name": "n"}, "id": "p"}`, "n", "", "id read-only"},
		"flat and wrapped":                 {`{"id": "p", "name": "n", "update": {"name": "n"}}`, "", "name twice", ""},
		"no object":                        {`{"id": "p", "update": 5}`, "", "update unknown", ""},
		"within itself":                    {`{"id": "p", "update": {"update": {"name": "n"}}}`, "", "update unknown", ""},
		"another id beside another fault":  {`{"id": "p", "update": {"id": "q", "name": 1}}`, "", "id read-only, name type", ""},
		"another id while one is required": {`{"update": {"name": "n"}}`, "", "missing-parameter", ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := readCommand(params.Input{Body: []byte(c.body), Wrapper: "update"})
			if c.fault != "" {
				if faults := strings.Join(faultsOf(t, err), ", "); faults != c.fault {
					t.Errorf("got %q, want %q", faults, c.fault)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var fixed []string
			for _, f := range got.Fixed {
				fixed = append(fixed, f.Path+" "+f.Code)
			}
			if got.Name.Value != c.name || strings.Join(fixed, ", ") != c.fixed {
				t.Errorf("got %+v with %q", got, fixed)
			}
		})
	}
}

func TestWrapperIsAParameterElsewhere(t *testing.T) {
	_, err := readCommand(params.Input{Body: []byte(`{"id": "p", "update": {"name": "n"}}`)})
	if got := faultsOf(t, err); !slices.Equal(got, []string{"update unknown"}) {
		t.Errorf("got %q", got)
	}
}

// anything takes members of every kind.
type anything struct {
	pathPart
	A     activity.Value `json:"a"`
	B     activity.Value `json:"b"`
	Words []string       `json:"words"`
	Given params.Given
}

var anythingPlan = params.PlanOf(reflect.TypeFor[anything]())

func hash(t *testing.T, body string, query map[string][]string) [32]byte {
	t.Helper()
	var got anything
	err := anythingPlan.Read(params.Input{Path: map[string]string{"id": "p"}, Query: query, Body: []byte(body), MaxDepth: 4}, &got)
	if err != nil {
		t.Fatal(err)
	}
	return got.Given.Hash()
}

func TestGivenHashIsThatOfTheJSON(t *testing.T) {
	base := `{"a": {"x": 1, "y": [1.5, "é"]}, "b": null}`
	cases := []struct {
		body string
		same bool
	}{
		{base, true},
		{`{"b":null,"a":{"y":[1.50,"\u00e9"],"x":1.0}}`, true},
		{`{"a": {"x": 1e0, "y": [15e-1, "é"]}, "b": null, "id": "p"}`, true},
		{`{"a": {"x": 1, "y": [1.5, "é"]}}`, false},
		{`{"a": {"x": 1, "y": ["é", 1.5]}, "b": null}`, false},
		{`{"a": {"x": "1", "y": [1.5, "é"]}, "b": null}`, false},
		{`{"a": {"x": 1, "y": [1.5, "e\u0301"]}, "b": null}`, false},
		{`{"b": {"x": 1, "y": [1.5, "é"]}, "a": null}`, false},
		{`{"a": {"x": 1, "y": [1.5, "é"]}, "b": null, "words": []}`, false},
	}
	want := hash(t, base, nil)
	for _, c := range cases {
		if got := hash(t, c.body, nil) == want; got != c.same {
			t.Errorf("%s: same is %v", c.body, got)
		}
	}
	if hash(t, "", map[string][]string{"words": {"x"}}) == hash(t, "", nil) {
		t.Error("the query counts for nothing")
	}
	if hash(t, "", map[string][]string{"words[]": {"x", "y"}}) != hash(t, `{"words": ["x", "y"]}`, nil) {
		t.Error("an array in the query is another than in the body")
	}
}

func TestPlanRefusesWhatItDoesNotUnderstand(t *testing.T) {
	cases := map[string]reflect.Type{
		"a map": reflect.TypeFor[struct {
			A map[string]string `json:"a"`
		}](),
		"an int64": reflect.TypeFor[struct {
			A int64 `json:"a"`
		}](),
		"a bound that is no number": reflect.TypeFor[struct {
			A string `json:"a" min:"x"`
		}](),
		"a name twice": reflect.TypeFor[struct {
			pathPart
			A string `json:"id"`
		}](),
		"a number in the path": reflect.TypeFor[struct {
			A int `json:"a" in:"path"`
		}](),
		"a slice of channels": reflect.TypeFor[struct {
			A []chan int `json:"a"`
		}](),
	}
	for name, typ := range cases {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("PlanOf took it")
				}
			}()
			params.PlanOf(typ)
		})
	}
}

func TestOptional(t *testing.T) {
	if got := params.Some(0).Or(5); got != 0 {
		t.Errorf("Some(0).Or(5) = %d", got)
	}
	if got := (params.Optional[int]{}).Or(5); got != 5 {
		t.Errorf("Optional{}.Or(5) = %d", got)
	}
}
