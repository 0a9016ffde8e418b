package params_test

import (
	"reflect"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api/params"
)

func TestElements(t *testing.T) {
	type element struct {
		Name string `json:"name" required:"true"`
	}
	type list struct {
		ID  string `json:"id" in:"path"`
		Dry bool   `json:"dry"`
		All params.Elements[element]
	}
	plan := params.PlanOf(reflect.TypeFor[list]())
	if plan.ElementsType() != reflect.TypeFor[element]() || params.PlanOf(reflect.TypeFor[element]()).ElementsType() != nil {
		t.Errorf("the elements are of type %v", plan.ElementsType())
	}
	for _, tt := range []struct {
		body string
		want []string
		code activity.Code
	}{
		{` [{"name": "a"} , 5,[ "x"],null ] `, []string{`{"name": "a"}`, `5`, `[ "x"]`, `null`}, ""},
		{`[]`, nil, ""},
		{``, nil, activity.CodeInvalidRequestStructure},
		{`{}`, nil, activity.CodeInvalidRequestStructure},
		{`"[]"`, nil, activity.CodeInvalidRequestStructure},
		{`[1] 2`, nil, activity.CodeInvalidRequestStructure},
		{`[1`, nil, activity.CodeInvalidRequestStructure},
		{`[{"a": 1, "a": 2}]`, nil, activity.CodeInvalidRequestStructure},
		{`["\ud800"]`, nil, activity.CodeInvalidRequestStructure},
	} {
		var p list
		err := plan.Read(params.Input{Path: map[string]string{"id": "i"}, Query: map[string][]string{"dry": {"true"}}, Body: []byte(tt.body), MaxDepth: 64}, &p)
		if tt.code != "" {
			if known, ok := err.(*activity.Error); !ok || known.Code != tt.code { //nolint:errorlint // Read gives it as it is
				t.Errorf("%s: %v, want %s", tt.body, err, tt.code)
			}
			continue
		}
		if err != nil || len(p.All) != len(tt.want) || p.ID != "i" || !p.Dry {
			t.Errorf("%s: %+v, %v", tt.body, p, err)
			continue
		}
		for i, raw := range p.All {
			if string(raw) != tt.want[i] {
				t.Errorf("%s: element %d is %s, want %s", tt.body, i, raw, tt.want[i])
			}
		}
	}
}

func TestGivenWithout(t *testing.T) {
	type request struct {
		A, B  activity.Value
		Ref   string         `json:"ref"`
		X     activity.Value `json:"x"`
		Given params.Given
	}
	plan := params.PlanOf(reflect.TypeFor[request]())
	hash := func(body string) [32]byte {
		var r request
		if err := plan.Read(params.Input{Body: []byte(body), MaxDepth: 64}, &r); err != nil {
			t.Fatal(err)
		}
		return r.Given.Without("ref").Hash()
	}
	if hash(`{"ref": "1", "x": [1]}`) != hash(`{"x": [1.0]}`) {
		t.Error("what is left out counts")
	}
	if hash(`{"ref": "1", "x": [1]}`) == hash(`{"ref": "1"}`) {
		t.Error("what is not left out counts for nothing")
	}
}
