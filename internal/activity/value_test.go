package activity_test

import (
	"encoding/json"
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/activity"
)

const maxDepth = 64

func nested(levels int) string {
	return strings.Repeat("[", levels) + strings.Repeat("]", levels)
}

func TestCheckValue(t *testing.T) {
	tests := []struct {
		text string
		code string // of the fault; "" for none
	}{
		{`null`, ""}, {`true`, ""}, {`""`, ""}, {`{}`, ""}, {`[]`, ""}, {`0`, ""}, {`-0`, ""}, {`-0.0`, ""},
		{nested(64), ""},
		{nested(65), "depth"},
		{`{"a":` + nested(63) + `}`, ""},
		{`{"a":` + nested(64) + `}`, "depth"},
		{strings.Repeat(`{"a":`, 64) + `1` + strings.Repeat("}", 64), ""},
		{strings.Repeat(`{"a":`, 65) + `1` + strings.Repeat("}", 65), "depth"},
		{`[` + strings.Repeat(`[],`, 200) + `[]]`, ""},
		{`"` + strings.Repeat("[", 100) + `"`, ""},
		{`"\"` + strings.Repeat("[", 100) + `"`, ""},
		{`"\\"`, ""},
		{`{"` + strings.Repeat("{", 100) + `":"\\\"["}`, ""},
		{`9007199254740991`, ""},
		{`9007199254740992`, ""},
		{`9007199254740993`, "precision"},
		{`-9007199254740992`, ""},
		{`-9007199254740993`, "precision"},
		{`9007199254740994`, ""},
		{`18446744073709551616`, ""},
		{`18446744073709551615`, "precision"},
		{`1` + strings.Repeat("0", 22), ""},
		{`1` + strings.Repeat("0", 23), "precision"},
		{`1` + strings.Repeat("0", 400), "range"},
		{`-1` + strings.Repeat("0", 400), "range"},
		{`1e400`, "range"}, {`-1e400`, "range"}, {`1E+400`, "range"},
		{`1e-400`, ""}, {`1e308`, ""}, {`1.7976931348623157e308`, ""}, {`1.7976931348623159e308`, "range"},
		{`0.1`, ""}, {`3.14159265358979323846264338327950288`, ""},
		{`9007199254740993.0`, ""}, {`9007199254740993e0`, ""}, // decimals are the nearest double
		{`"9007199254740993"`, ""},
		{`[1,{"a":[9007199254740993]}]`, "precision"},
		{`{"9007199254740993":1}`, ""},
		{`[1e5,-1.5E-7,1e400]`, "range"},
	}
	for _, tt := range tests {
		got := ""
		if fault := activity.CheckValue([]byte(tt.text), maxDepth); fault != nil {
			got = fault.Code
		}
		if got != tt.code {
			t.Errorf("CheckValue(%.80s) = %q, want %q", tt.text, got, tt.code)
		}
	}
}

func TestCompact(t *testing.T) {
	for given, want := range map[string]string{
		" { \"b\" : [ 1 , 2.0e+5 ] ,\n\t\"a\" : \"x y\" } ": `{"b":[1,2.0e+5],"a":"x y"}`,
		"\"\\u00e9\u2028<\"": "\"\\u00e9\u2028<\"",
		"null":               "null",
	} {
		if got := string(activity.Compact([]byte(given))); got != want {
			t.Errorf("Compact(%q) = %q, want %q", given, got, want)
		}
	}
}

func TestMarshalValueAndObject(t *testing.T) {
	for _, tt := range []struct {
		v    json.Marshaler
		want string
	}{
		{activity.Value(nil), "null"},
		{activity.Value("null"), "null"},
		{activity.Value(`{"b":1,"a":2}`), `{"b":1,"a":2}`},
		{activity.Object(nil), "{}"},
		{activity.Object(`{"$x.y":null}`), `{"$x.y":null}`},
	} {
		got, err := tt.v.MarshalJSON()
		if err != nil || string(got) != tt.want {
			t.Errorf("MarshalJSON of %q = %q, %v; want %q", tt.v, got, err, tt.want)
		}
	}
}

// FuzzCheckValue holds the scan to what a JSON parser finds in the same text.
func FuzzCheckValue(f *testing.F) {
	for _, seed := range []string{`null`, nested(65), `[1,{"a":"\"["}]`, `9007199254740993`, `18446744073709551616`, `1e400`, `-0`, `{"":[-1.5e-3]}`, `"\\"`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		fault := activity.CheckValue(text, maxDepth)
		dec := json.NewDecoder(strings.NewReader(string(text)))
		dec.UseNumber()
		var v any
		if !json.Valid(text) || dec.Decode(&v) != nil {
			return // not the scan's to judge: it need only not panic
		}
		if want := refused(v, 0); want != (fault != nil) {
			t.Errorf("CheckValue(%q) = %v, want a fault: %t", text, fault, want)
		}
	})
}

func refused(v any, depth int) bool {
	switch v := v.(type) {
	case map[string]any:
		bad := depth+1 > maxDepth
		for _, member := range v {
			bad = bad || refused(member, depth+1)
		}
		return bad
	case []any:
		bad := depth+1 > maxDepth
		for _, element := range v {
			bad = bad || refused(element, depth+1)
		}
		return bad
	case json.Number:
		d, err := v.Float64()
		if err != nil || math.IsInf(d, 0) {
			return true
		}
		if strings.ContainsAny(v.String(), ".eE") {
			return false
		}
		exact, _ := new(big.Int).SetString(v.String(), 10)
		held, _ := new(big.Float).SetFloat64(d).Int(nil)
		return exact.Cmp(held) != 0
	}
	return false
}
