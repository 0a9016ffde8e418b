package activity_test

import (
	"encoding/json"
	"testing"

	"github.com/activityd/activityd/internal/activity"
)

func TestAppendString(t *testing.T) {
	for s, want := range map[string]string{
		"":                     `""`,
		"plain":                `"plain"`,
		"\"\\/":                `"\"\\/"`,
		"\n\r\t\b\f\x00\x1f":   `"\n\r\t\u0008\u000c\u0000\u001f"`,
		"\x7f":                 "\"\x7f\"",
		"<a href=\"x\">&</a>":  `"<a href=\"x\">&</a>"`,
		"é日\u2028\U0001f600":   "\"é日\u2028\U0001f600\"",
		"a\xffb\xc3":           "\"a\ufffdb\ufffd\"",
		"\xed\xa0\x80":         "\"\ufffd\ufffd\ufffd\"",
		"\ufffd stays itself":  "\"\ufffd stays itself\"",
		"tail after \\ escape": `"tail after \\ escape"`,
	} {
		if got := string(activity.AppendString([]byte("x"), s)); got != "x"+want {
			t.Errorf("AppendString(%q) = %s, want %s", s, got[1:], want)
		}
	}
}

func TestAppendStrings(t *testing.T) {
	for want, all := range map[string][]string{`[]`: nil, `["a"]`: {"a"}, `["a","","\""]`: {"a", "", `"`}} {
		if got := string(activity.AppendStrings(nil, all)); got != want {
			t.Errorf("AppendStrings(%q) = %s, want %s", all, got, want)
		}
	}
}

// FuzzAppendString holds it to what encoding/json reads and writes.
func FuzzAppendString(f *testing.F) {
	for _, seed := range []string{"", "a\"\\\n\x00", "\xff\xfe", "é\u2028\U0001f600", "\xed\xa0\x80"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text := activity.AppendString(nil, s)
		var got, want string
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatalf("AppendString(%q) = %q: %v", s, text, err)
		}
		standard, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(standard, &want); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("AppendString(%q) reads back as %q, want %q", s, got, want)
		}
	})
}
