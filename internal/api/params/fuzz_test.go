package params_test

import (
	"encoding/json"
	"errors"
	"net/url"
	"reflect"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api/params"
)

// shapely is like rich, of types that can be written again as they were read.
type shapely struct {
	pathPart
	Name    string                              `json:"name" min:"1" max:"20"`
	Flag    bool                                `json:"flag"`
	Count   int                                 `json:"count" min:"-1000"`
	Factor  float64                             `json:"factor"`
	Time    params.Optional[activity.Timestamp] `json:"time"`
	Length  activity.Duration                   `json:"length"`
	Type    params.Optional[activity.Type]      `json:"type"`
	Value   activity.Value                      `json:"value"`
	Data    activity.Object                     `json:"data"`
	Words   clean                               `json:"words"`
	Numbers []int                               `json:"numbers"`
	Many    []inner                             `json:"many"`
	Text    params.Optional[string]             `json:"text"`
	Given   params.Given
}

var shapelyPlan = params.PlanOf(reflect.TypeFor[shapely]())

// body writes the parameters as a client would send them.
func (s *shapely) body(t *testing.T) []byte {
	t.Helper()
	all := map[string]any{"flag": s.Flag, "count": s.Count, "factor": s.Factor}
	put := func(name string, set bool, v any) {
		if set {
			all[name] = v
		}
	}
	put("name", s.Name != "", s.Name)
	put("time", s.Time.Set, s.Time.Value)
	put("length", !s.Length.IsZero(), s.Length)
	put("type", s.Type.Set, s.Type.Value)
	put("value", s.Value != nil, s.Value)
	put("data", s.Data != nil, s.Data)
	put("words", s.Words != nil, s.Words)
	put("numbers", s.Numbers != nil, s.Numbers)
	put("many", s.Many != nil, s.Many)
	put("text", s.Text.Set, s.Text.Value)
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func readShapely(body []byte, query url.Values) (shapely, error) {
	var s shapely
	err := shapelyPlan.Read(params.Input{Path: map[string]string{"id": "p"}, Query: query, Body: body, MaxDepth: 8}, &s)
	return s, err
}

// equal compares all but Given; values and client data as JSON, since
// json.Marshal escapes letters that the client did not.
func equal(t *testing.T, a, b shapely) bool {
	t.Helper()
	sameText := jsonEqual(t, a.Value, b.Value) && jsonEqual(t, a.Data, b.Data)
	for _, s := range []*shapely{&a, &b} {
		s.Value, s.Data, s.Given = nil, nil, params.Given{}
	}
	return sameText && reflect.DeepEqual(a, b)
}

func jsonEqual(t *testing.T, a, b []byte) bool {
	t.Helper()
	if a == nil || b == nil {
		return (a == nil) == (b == nil)
	}
	var x, y any
	if err := errors.Join(json.Unmarshal(a, &x), json.Unmarshal(b, &y)); err != nil {
		t.Fatal(err)
	}
	return reflect.DeepEqual(x, y)
}

func checkError(t *testing.T, err error) {
	t.Helper()
	var e *activity.Error
	if !errors.As(err, &e) {
		t.Fatalf("%v is no activity.Error", err)
	}
	switch e.Code {
	case activity.CodeInvalidParametersFormat, activity.CodeInvalidRequestStructure, activity.CodeMissingParameter:
	default:
		t.Fatalf("unexpected code %s", e.Code)
	}
	if _, err := json.Marshal(e.Data); err != nil {
		t.Fatalf("data that cannot be sent: %v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"id":"p","name":"n","flag":true,"count":3,"factor":-0.5,"time":1.25,"length":null,"type":"a/b"}`), "")
	f.Add([]byte(`{"value":{"a":[1,{"":null}],"$x":"\u0000"},"data":{"<":"\u2028"},"words":["","a","a"],"numbers":[1,-0]}`), "")
	f.Add([]byte(`{"many":[{"key":"k","level":-1},{"key":""}],"text":"","type":{"class":"a","format":"b"},"length":0}`), "")
	f.Add([]byte(``), "name=n&flag=true&count=1&words[]=a&words[]=b&numbers=1,2&type=a/b&length=null&value=%7B%22a%22%3A1%7D")
	f.Add([]byte(`{"value":[[[[[[[[[]]]]]]]]]}`), "words=&many=[{\"key\":\"k\"}]&text=%ff")
	f.Add([]byte("{\"name\":\"\xff\"}"), "data={}&_=1&auth=x")
	f.Fuzz(func(t *testing.T, body []byte, rawQuery string) {
		query, err := url.ParseQuery(rawQuery)
		if err != nil {
			query = nil
		}
		first, err := readShapely(body, query)
		if err != nil {
			checkError(t, err)
			return
		}
		first.Given.Hash()
		written := first.body(t)
		second, err := readShapely(written, nil)
		if err != nil {
			t.Fatalf("accepted %q and %q, refused its own %q: %v", body, rawQuery, written, err)
		}
		if !equal(t, first, second) {
			t.Fatalf("read %+v, then %+v", first, second)
		}
	})
}

func FuzzCheckStructure(f *testing.F) {
	for _, seed := range []string{``, `{}`, `[1,2]`, `{"a":1,"a":2}`, `{"a":"\ud800"}`, `[[[[[[[[[[]]]]]]]]]]`, `1 2`, `"\"[{"`, "\xff", `nul`, `{"a":[{}]}`, ` {} `} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		err := params.CheckStructure(body, 2)
		if err != nil {
			checkError(t, err)
			return
		}
		if !json.Valid(body) {
			t.Fatalf("accepted %q, which is no JSON", body)
		}
		if err := params.CheckStructure(activity.Compact(body), 2); err != nil {
			t.Fatalf("accepted %q, refused it compact: %v", body, err)
		}
	})
}
