package api_test

import (
	"fmt"
	"strings"
	"testing"
)

// counts writes a tree of folders as "a 5 (b 2) d 0".
func counts(tree []any) string {
	var all []string
	for _, v := range tree {
		f := v.(map[string]any)
		word := fmt.Sprint(f["id"], " ", f["timeCount"])
		if below := counts(f["children"].([]any)); below != "" {
			word += " (" + below + ")"
		}
		all = append(all, word)
	}
	return strings.Join(all, " ")
}

// The clock stands at 1,700,000,000.
func TestTimeCount(t *testing.T) {
	w := openWorld(t)
	for _, e := range []string{
		`"time": 1699999000, "duration": 100, "folderId": "a"`,
		`"time": 1699999000, "duration": 10, "folderId": "c"`,
		`"time": 1699999005, "duration": 10, "folderId": "c"`,
		`"time": 1699999990, "duration": null, "folderId": "b"`,
		`"time": 1699999000, "duration": 1000, "folderId": "b", "trashed": true`,
		`"time": 1699999000, "folderId": "d"`,
		`"time": 1699999000, "duration": 1`,
		`"time": 1699999995, "duration": 1000`,
		`"time": 1800000000, "duration": 1000`,
		`"time": 1800000000, "duration": null`,
	} {
		w.record(t, `{"type": "note/txt", "value": "", `+e+`}`)
	}
	for _, tt := range []struct{ who, in, want string }{
		{"owner", "?timeCountBase=0", "a 130 (b 30 (c 20)) d 0"},
		{"owner", "?timeCountBase=-1e300", "a 130 (b 30 (c 20)) d 0"},
		{"owner", "?timeCountBase=1699999008", "a 111 (b 19 (c 9)) d 0"},
		{"owner", "?timeCountBase=1699999992.5", "a 7.5 (b 7.5 (c 0)) d 0"},
		{"owner", "?timeCountBase=1700000000", "a 0 (b 0 (c 0)) d 0"},
		{"owner", "?timeCountBase=1900000000", "a 0 (b 0 (c 0)) d 0"},
		{"owner", "?timeCountBase=0&parentId=a", "b 30 (c 20)"},
		{"part-reader", "?timeCountBase=0", "b 30 (c 20)"},
		{"loose", "?timeCountBase=0", ""},
		{"owner", "", "a <nil> (b <nil> (c <nil>)) d <nil>"},
	} {
		if got := counts(decode[[]any](t, w.ok(t, tt.who, "folders.get", "work", tt.in))); got != tt.want {
			t.Errorf("%s: %s: got %s, want %s", tt.who, tt.in, got, tt.want)
		}
	}
	w.ok(t, "owner", "folders.update", "work/c", `{"hidden": true}`)
	w.ok(t, "owner", "folders.update", "work/b", `{"trashed": true}`)
	if got := counts(decode[[]any](t, w.ok(t, "owner", "folders.get", "work", "?timeCountBase=0"))); got != "a 130 d 0" {
		t.Errorf("hidden and trashed folders: got %s", got)
	}
	for who, want := range map[string]string{"owner": "diary 0 work 136", "reader": "work 136", "part-reader": "work 30", "part-writer": "work 30", "loose": "work 6", "stranger": "diary 0"} {
		var all []string
		for _, c := range w.items(t, who, "channels.get", "", "?timeCountBase=0") {
			all = append(all, fmt.Sprint(c["id"], " ", c["timeCount"]))
		}
		if got := strings.Join(all, " "); got != want {
			t.Errorf("%s: got %s, want %s", who, got, want)
		}
	}
	if c := w.items(t, "owner", "channels.get", "", "")[0]; c["timeCount"] != nil {
		t.Errorf("unasked: %v", c)
	}
	for _, method := range []string{"channels.get", "folders.get"} {
		if _, err := w.invoke(t, "owner", method, "work", "?timeCountBase=x"); outcome(err) != "invalid-parameters-format timeCountBase:type" {
			t.Errorf("%s: got %s", method, outcome(err))
		}
	}
}
