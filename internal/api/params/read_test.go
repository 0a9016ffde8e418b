package params_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api/params"
)

// rich has a parameter of every type.
type rich struct {
	pathPart
	Name     string                              `json:"name" required:"true" min:"2" max:"5"`
	Color    string                              `json:"color" enum:"red green"`
	Flag     bool                                `json:"flag"`
	Count    int                                 `json:"count" min:"-3" max:"10"`
	Factor   float64                             `json:"factor" min:"0" max:"1.5"`
	Time     activity.Timestamp                  `json:"time" min:"-10"`
	Length   activity.Duration                   `json:"length"`
	Type     activity.Type                       `json:"type"`
	Value    activity.Value                      `json:"value"`
	Data     activity.Object                     `json:"data"`
	Words    []string                            `json:"words" min:"1" max:"3"`
	Colors   []string                            `json:"colors" enum:"red green"`
	Numbers  []int                               `json:"numbers"`
	Refs     []ref                               `json:"refs"`
	Sent     *activity.Timestamp                 `json:"sent"`
	OptName  params.Optional[string]             `json:"optName" max:"5"`
	OptFlag  params.Optional[bool]               `json:"optFlag"`
	OptTime  params.Optional[activity.Timestamp] `json:"optTime"`
	OptRef   params.Optional[ref]                `json:"optRef"`
	OptWords params.Optional[[]string]           `json:"optWords"`
	Inner    inner                               `json:"inner"`
	Many     []inner                             `json:"many" max:"2"`
	Clean    clean                               `json:"clean"`
	hidden
	Skipped string
	Ignored string `json:"-"`
}

type hidden struct {
	Embedded string `json:"embedded"`
}

type pathPart struct {
	ID string `json:"id" in:"path"`
}

type inner struct {
	Key   string `json:"key" required:"true"`
	Level int    `json:"level" max:"3"`
}

// Check refuses a level without its key, and so looks at what was read.
func (i *inner) Check() []activity.Fault {
	if i.Key == "bad" {
		return []activity.Fault{{Path: "key", Code: "bad", Message: "This is bad."}}
	}
	return nil
}

// ref is null or text.
type ref string

func (r *ref) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return r.UnmarshalText(b)
	}
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err // no fault: the reader finds words for it
	}
	return r.UnmarshalText([]byte(s))
}

func (r *ref) UnmarshalText(b []byte) error {
	*r = ref("<" + string(b) + ">")
	return nil
}

// clean drops empty words.
type clean []string

func (c *clean) Check() []activity.Fault {
	*c = slices.DeleteFunc(*c, func(s string) bool { return s == "" })
	if i := slices.Index(*c, "bad"); i >= 0 {
		return []activity.Fault{{Path: fmt.Sprintf("[%d]", i), Code: "bad", Message: "This is bad."}}
	}
	return nil
}

var richPlan = params.PlanOf(reflect.TypeFor[rich]())

func read(in params.Input) (rich, error) {
	if in.Path == nil {
		in.Path = map[string]string{"id": "p"}
	}
	in.MaxDepth = 4
	var got rich
	err := richPlan.Read(in, &got)
	return got, err
}

// faultsOf gives the faults of an error as "path code", sorted.
func faultsOf(t *testing.T, err error) []string {
	t.Helper()
	var e *activity.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want an activity.Error", err)
	}
	faults, ok := e.Data.([]activity.Fault)
	if !ok || e.Code != activity.CodeInvalidParametersFormat {
		return []string{string(e.Code)}
	}
	var all []string
	for _, f := range faults {
		if f.Message == "" {
			t.Errorf("the fault at %q has no message", f.Path)
		}
		all = append(all, f.Path+" "+f.Code)
	}
	slices.Sort(all)
	return all
}

func TestReadEveryType(t *testing.T) {
	body := `{
		"id": "p", "name": "añy", "color": "red", "flag": true, "count": 1e1, "factor": 0.25, "time": -1.5,
		"length": null, "type": "mass/kg", "value": {"b": [1, null], "$a.": "\u0001"}, "data": {"k": null },
		"words": ["x"], "colors": ["green", "red"], "numbers": [1, -2], "refs": ["a", null], "sent": 5,
		"optName": "", "optFlag": false, "optTime": 0, "optRef": null, "optWords": [],
		"inner": {"key": "k", "level": 3}, "many": [{"key": "1"}, {"key": "2"}], "clean": ["", "w", ""], "embedded": "e"
	}`
	got, err := read(params.Input{Body: []byte(body)})
	if err != nil {
		t.Fatal(err)
	}
	sent := activity.Timestamp(5)
	want := rich{
		pathPart: pathPart{ID: "p"}, Name: "añy", Color: "red", Flag: true, Count: 10, Factor: 0.25, Time: -1.5,
		Length: activity.Running, Type: activity.Type{Class: "mass", Format: "kg"},
		Value: activity.Value(`{"b":[1,null],"$a.":"\u0001"}`), Data: activity.Object(`{"k":null}`),
		Words: []string{"x"}, Colors: []string{"green", "red"}, Numbers: []int{1, -2}, Refs: []ref{"<a>", "<null>"}, Sent: &sent,
		OptName: params.Some(""), OptFlag: params.Some(false), OptTime: params.Some(activity.Timestamp(0)),
		OptRef: params.Some(ref("<null>")), OptWords: params.Some([]string{}),
		Inner: inner{Key: "k", Level: 3}, Many: []inner{{Key: "1"}, {Key: "2"}}, Clean: clean{"w"}, hidden: hidden{Embedded: "e"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestReadNothing(t *testing.T) {
	for _, body := range []string{"", " \n", `{"name":"abc"}`} {
		got, err := read(params.Input{Body: []byte(body), Query: url.Values{}})
		if body != `{"name":"abc"}` {
			if faults := faultsOf(t, err); !slices.Equal(faults, []string{"missing-parameter"}) {
				t.Errorf("%q: got %v", body, faults)
			}
			continue
		}
		if want := (rich{pathPart: pathPart{ID: "p"}, Name: "abc"}); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, %v", got, err)
		}
	}
}

func TestReadFaults(t *testing.T) {
	cases := map[string]struct {
		body string
		want []string
	}{
		"all at once": {
			`{"name": 1, "flag": "true", "count": 1.5, "factor": "1", "time": "now", "length": -1, "type": "mass", "data": [], "words": "x",
			  "numbers": ["1", 2, null], "sent": null, "optName": null, "optTime": false, "inner": {"level": 4}, "many": [{"key": 1}, 5], "named": 1}`,
			[]string{
				"count type", "data type", "factor type", "flag type", "inner.key required", "inner.level maximum", "length minimum",
				"many[0].key type", "many[1] type", "name type", "named unknown", "numbers[0] type", "numbers[2] type",
				"optName type", "optTime type", "sent type", "time type", "type pattern", "words type",
			},
		},
		"bounds": {
			`{"name": "é", "color": "blue", "count": 11, "factor": 1.75, "time": -11, "words": [], "colors": ["red", "blue"], "optName": "123456", "many": [{"key":"1"},{"key":"2"},{"key":"3"}]}`,
			[]string{"color enum", "colors[1] enum", "count maximum", "factor maximum", "many maxItems", "name minLength", "optName maxLength", "time minimum", "words minItems"},
		},
		"lower bounds":                  {`{"name": "123456", "count": -4, "factor": -0.5, "words": ["1","2","3","4"]}`, []string{"count minimum", "factor minimum", "name maxLength", "words maxItems"}},
		"numbers that would change":     {`{"name": "ab", "value": [9007199254740993], "time": 1e999, "data": {"a": 1e400}, "factor": 9007199254740993}`, []string{"data range", "factor precision", "time range", "value precision"}},
		"an integer out of range":       {`{"name": "ab", "count": 1e300}`, []string{"count type"}},
		"a value just deep enough":      {`{"name": "ab", "value": [[[[1]]]], "data": {"a": {"b": {"c": {}}}}}`, nil},
		"values too deep":               {`{"name": "ab", "value": [[[[[]]]]], "data": {"a": {"b": {"c": {"d": {}}}}}}`, []string{"data depth", "value depth"}},
		"a body too deep for any value": {strings.Repeat("[", 149) + strings.Repeat("]", 149), []string{" depth"}},
		"missing beside other faults":   {`{"flag": 1}`, []string{"flag type", "name required"}},
		"missing alone":                 {`{"flag": true}`, []string{"missing-parameter"}},
		"missing in a nested object":    {`{"name": "ab", "inner": {}}`, []string{"inner.key required"}},
		"the path repeated":             {`{"name": "ab", "id": "p"}`, nil},
		"the path contradicted":         {`{"name": "ab", "id": "q"}`, []string{"id read-only"}},
		"the path with another type":    {`{"name": "ab", "id": 1}`, []string{"id type"}},
		"a fault without own words":     {`{"name": "ab", "refs": [1]}`, []string{"refs[0] type"}},
		"own rules":                     {`{"name": "ab", "clean": ["", "a", "bad"], "inner": {"key": "bad", "level": "x"}}`, []string{"clean[1] bad", "inner.key bad", "inner.level type"}},
		"own rules of what is no list":  {`{"name": "ab", "clean": [1, "bad"]}`, []string{"clean[0] type"}},
		"an empty name":                 {`{"name": "ab", "": 1}`, []string{" unknown"}},
		"names in another case":         {`{"name": "ab", "Flag": true}`, []string{"Flag unknown"}},
		"fields that are no parameters": {`{"name": "ab", "Skipped": "", "Ignored": "", "-": ""}`, []string{"- unknown", "Ignored unknown", "Skipped unknown"}},
		"a string with an escaped name": {`{"n\u0061me": "ab"}`, nil},
		"client data too long":          {`{"name": "ab", "data": {"a": "` + strings.Repeat("x", activity.MaxClientDataBytes) + `"}}`, []string{"data maxLength"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := read(params.Input{Body: []byte(c.body)})
			if c.want == nil {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if got := faultsOf(t, err); !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestReadStructure(t *testing.T) {
	bodies := map[string]string{
		"not JSON":              `{"name": }`,
		"a word":                `nonsense`,
		"cut short":             `{"name": "a`,
		"only an opening brace": `{`,
		"a key twice":           `{"name": "ab", "name": "ab"}`,
		"a key twice, escaped":  `{"name": "ab", "n\u0061me": "ab"}`,
		"a key twice, deep":     `{"name": "ab", "value": [{"a": 1, "a": 2}]}`,
		"bad UTF-8":             "{\"name\": \"a\xffb\"}",
		"bad UTF-8 in a key":    "{\"na\xffme\": 1}",
		"a lone surrogate":      `{"name": "\ud800"}`,
		"a lone surrogate key":  `{"\udc00": 1}`,
		"more after it":         `{"name": "ab"} {}`,
		"an array":              `[{"name": "ab"}]`,
		"a string":              `"name"`,
		"null":                  `null`,
		"a byte order mark":     "\ufeff{}",
		"NaN":                   `{"value": NaN}`,
		"a comment":             `{"name": "ab" /* no */}`,
		"a trailing comma":      `{"name": "ab",}`,
		"NUL":                   "\x00",
		"a raw control":         "{\"name\": \"a\nb\"}",
	}
	for name, body := range bodies {
		t.Run(name, func(t *testing.T) {
			_, err := read(params.Input{Body: []byte(body)})
			if got := faultsOf(t, err); !slices.Equal(got, []string{"invalid-request-structure"}) {
				t.Errorf("got %q, want invalid-request-structure", got)
			}
		})
	}
}

func TestReadQuery(t *testing.T) {
	cases := []struct {
		query string
		want  rich // without name and path
	}{
		{"flag=true&count=-3&factor=1&time=1e3&sent=7", rich{Flag: true, Count: -3, Factor: 1, Time: 1000, Sent: new(activity.Timestamp(7))}},
		{"length=null&type=mass/kg", rich{Length: activity.Running, Type: activity.Type{Class: "mass", Format: "kg"}}},
		{"length=2.5&optName=5&optFlag=false", rich{Length: activity.Seconds(2.5), OptName: params.Some("5"), OptFlag: params.Some(false)}},
		{"words=a,b,", rich{Words: []string{"a", "b", ""}}},
		{"words[]=a&words[]=b,c", rich{Words: []string{"a", "b,c"}}},
		{"words[]=a", rich{Words: []string{"a"}}},
		{"words=a&words=b", rich{Words: []string{"a", "b"}}},
		{`words=["a,b","c"]`, rich{Words: []string{"a,b", "c"}}},
		{`words=[a`, rich{Words: []string{"[a"}}},
		{"optWords=", rich{OptWords: params.Some([]string{})}},
		{"words=null", rich{Words: []string{"null"}}},
		{"numbers=1,2", rich{Numbers: []int{1, 2}}},
		{"refs=null,a,5", rich{Refs: []ref{"<null>", "<a>", "<5>"}}},
		{`refs=[null,"a"]`, rich{Refs: []ref{"<null>", "<a>"}}},
		{"optRef=null", rich{OptRef: params.Some(ref("<null>"))}},
		{`inner={"key":"k"}&many=[{"key":"k"}]`, rich{Inner: inner{Key: "k"}, Many: []inner{{Key: "k"}}}},
		{`value={"a":1}&data={}`, rich{Value: activity.Value(`{"a":1}`), Data: activity.Object(`{}`)}},
		{"value=text", rich{Value: activity.Value(`"text"`)}},
		{"auth=secret&_=123", rich{}},
	}
	for _, c := range cases {
		t.Run(c.query, func(t *testing.T) {
			query, err := url.ParseQuery(c.query)
			if err != nil {
				t.Fatal(err)
			}
			query.Set("name", "abc")
			c.want.ID, c.want.Name = "p", "abc"
			if got, err := read(params.Input{Query: query}); err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("got  %+v, %v\nwant %+v", got, err, c.want)
			}
		})
	}
}

func TestReadQueryFaults(t *testing.T) {
	cases := []struct {
		query string
		body  string
		want  string
	}{
		{"flag=yes", "", "flag type"},
		{"flag=", "", "flag type"},
		{"flag=1", "", "flag type"},
		{"count= 1", "", "count type"},
		{"count=1 ", "", "count type"},
		{"time=NaN", "", "time type"},
		{"time=1,5", "", "time type"},
		{"flag=true&flag=true", "", "flag twice"},
		{"flag=true&flag[]=true", "", "flag twice"},
		{"flag=true", `{"flag": true}`, "flag twice"},
		{"optName=%ff", "", "optName encoding"},
		{"words=a%ff,b", "", "words encoding"},
		{"words=a&words[]=b", "", "words twice"},
		{"numbers=1,x", "", "numbers[1] type"},
		{"numbers=1,,2", "", "numbers[1] type"},
		{"inner=k", "", "inner type"},
		{`inner={"key":"k","key":"l"}`, "", "inner type"},
		{"unknown=1", "", "unknown unknown"},
		{"id=q", "", "id read-only"},
	}
	for _, c := range cases {
		t.Run(c.query, func(t *testing.T) {
			query, err := url.ParseQuery(c.query)
			if err != nil {
				t.Fatal(err)
			}
			query.Set("name", "abc")
			_, err = read(params.Input{Query: query, Body: []byte(c.body)})
			if got := faultsOf(t, err); !slices.Equal(got, []string{c.want}) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestMissingNamesAll(t *testing.T) {
	var got rich
	err := richPlan.Read(params.Input{MaxDepth: 4}, &got)
	var e *activity.Error
	if !errors.As(err, &e) || e.Code != activity.CodeMissingParameter {
		t.Fatalf("got %v", err)
	}
	if want := map[string]any{"missing": []string{"id", "name"}}; !reflect.DeepEqual(e.Data, want) {
		t.Errorf("got %v, want %v", e.Data, want)
	}
}

func TestTooManyFaultsAreBounded(t *testing.T) {
	body := []byte(`{"numbers": [` + strings.Repeat(`"x",`, 10000) + `"x"]}`)
	_, err := read(params.Input{Body: body})
	if got := faultsOf(t, err); len(got) != 100 {
		t.Errorf("got %d faults", len(got))
	}
}
