package activity_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/activity"
)

func TestObjectMerge(t *testing.T) {
	tests := []struct{ object, patch, want string }{
		{"", "", ""},
		{"", `{}`, ""},
		{`{}`, "", ""},
		{"", `{"a":1}`, `{"a":1}`},
		{"", `{"a":null}`, ""},
		{`{"a":1}`, `{"a":null}`, ""},
		{`{"a":1}`, "", `{"a":1}`},
		{`{"z":1,"a":2,"m":3}`, `{"a":9}`, `{"z":1,"a":9,"m":3}`},
		{`{"z":1,"a":2,"m":3}`, `{"b":4,"z":null,"c":5}`, `{"a":2,"m":3,"b":4,"c":5}`},
		{`{"a":1}`, `{"c":1,"b":2}`, `{"a":1,"c":1,"b":2}`},
		{`{"a":{"x":1}}`, `{"a":{"y":null}}`, `{"a":{"y":null}}`}, // the root only
		{`{"":1,"$a":2,"a.b":3}`, `{"$a":20,"":10,"a.b":30}`, `{"":10,"$a":20,"a.b":30}`},
		{`{"\u0061":1}`, `{"a":2}`, `{"\u0061":2}`},
		{`{"a":1}`, `{"\u0061":null}`, ""},
		{`{"A":1}`, `{"a":2}`, `{"A":1,"a":2}`},
		{`{"a\u0000b":"\u0000"}`, `{"c":"é\/"}`, `{"a\u0000b":"\u0000","c":"é\/"}`},
		{`{"n":9007199254740993e0,"m":1.0}`, `{"k":-0}`, `{"n":9007199254740993e0,"m":1.0,"k":-0}`},
		{`{"a":[1,{"b":", \" }"}]}`, `{"c":"{"}`, `{"a":[1,{"b":", \" }"}],"c":"{"}`},
	}
	for _, tt := range tests {
		got := object(tt.object).Merge(object(tt.patch))
		if string(got) != tt.want {
			t.Errorf("Merge(%s, %s) = %s, want %s", tt.object, tt.patch, got, tt.want)
		}
		if (got == nil) != (tt.want == "") {
			t.Errorf("Merge(%s, %s): nil is %t, want %t", tt.object, tt.patch, got == nil, tt.want == "")
		}
	}
}

func object(text string) activity.Object {
	if text == "" {
		return nil
	}
	return activity.Object(text)
}

func TestObjectMergeLeavesItsArguments(t *testing.T) {
	o, patch := activity.Object(`{"a":1,"b":2,"c":3}`), activity.Object(`{"b":null,"a":7}`)
	o.Merge(patch)
	if string(o) != `{"a":1,"b":2,"c":3}` || string(patch) != `{"b":null,"a":7}` {
		t.Errorf("after Merge: %s and %s", o, patch)
	}
}

func TestObjectLen(t *testing.T) {
	for text, want := range map[string]int{"": 0, "{}": 0, `{"a":null}`: 1, `{"a":{"b":1,"c":2},"d":[1,2]}`: 2} {
		if got := object(text).Len(); got != want {
			t.Errorf("Len(%s) = %d, want %d", text, got, want)
		}
	}
}

// FuzzMerge holds Merge to the merging of two parsed objects.
func FuzzMerge(f *testing.F) {
	f.Add(`{"z":1,"a":2}`, `{"a":null,"b":[1, {"c":"\""}]}`)
	f.Add(`{}`, `{"\u0061":1,"":null}`)
	f.Fuzz(func(t *testing.T, a, b string) {
		given, okA := uniqueMembers(a)
		patch, okB := uniqueMembers(b)
		if !okA || !okB {
			return
		}
		o := activity.Object(activity.Compact([]byte(a)))
		merged := o.Merge(activity.Compact([]byte(b)))
		for key, value := range patch {
			if string(value) == "null" {
				delete(given, key)
			} else {
				given[key] = value
			}
		}
		got, ok := uniqueMembers(string(merged))
		if merged == nil {
			got, ok = map[string]json.RawMessage{}, true
		}
		if !ok || !reflect.DeepEqual(got, given) {
			t.Errorf("Merge(%s, %s) = %s, want the members %s", a, b, merged, given)
		}
		if merged.Len() != len(given) {
			t.Errorf("Len(%s) = %d, want %d", merged, merged.Len(), len(given))
		}
	})
}

// uniqueMembers parses an object; ok is false for what the decoders of requests
// refuse: other values, repeated keys and keys that are not whole Unicode.
func uniqueMembers(text string) (members map[string]json.RawMessage, ok bool) {
	compact := string(activity.Compact([]byte(text)))
	if !json.Valid([]byte(text)) || !strings.HasPrefix(compact, "{") {
		return nil, false
	}
	if err := json.Unmarshal([]byte(compact), &members); err != nil || strings.Contains(compact, "\ufffd") {
		return nil, false
	}
	for key := range members {
		if strings.Contains(key, "\ufffd") {
			return nil, false
		}
	}
	return members, activity.Object(compact).Len() == len(members)
}
