package socketio_test

import (
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/realtime/socketio"
)

func TestSplitObject(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string // nil: refused
	}{
		{`{}`, []string{}},
		{" { \n} ", []string{}},
		{`{"a":1}`, []string{`"a"`, `1`}},
		{` {"a" : [1, {"b":2}] , "a\"":"}" } `, []string{`"a"`, `[1, {"b":2}]`, `"a\""`, `"}"`}},
		{``, nil},
		{`[]`, nil},
		{`{`, nil},
		{`{"a"}`, nil},
		{`{"a":}`, nil},
		{`{"a":1,}`, nil},
		{`{a:1}`, nil},
		{`{"a":1}}`, nil},
		{`{"a":1 "b":2}`, nil},
		{`{"a":1` + strings.Repeat(`,"b":2`, 1000) + `}`, nil}, // a thousand and one
	} {
		got, err := socketio.SplitObject([]byte(c.text))
		if err != nil && c.want == nil {
			continue
		}
		if err != nil || len(got) != len(c.want) {
			t.Errorf("%s: %q, %v; want %q", c.text, got, err, c.want)
			continue
		}
		for i := range got {
			if string(got[i]) != c.want[i] {
				t.Errorf("%s: %q, want %q", c.text, got, c.want)
			}
		}
	}
}
