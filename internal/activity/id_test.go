package activity_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/activity"
)

func TestSlugify(t *testing.T) {
	for given, want := range map[string]string{
		"":                      "",
		"diary":                 "diary",
		"My Diary":              "my-diary",
		"  --My__Diary!! 2 -- ": "my-diary-2",
		"a/b.c":                 "a-b-c",
		"Ärger":                 "rger",
		"caf\u00e9 noir":        "caf-noir",
		"日記":                    "",
		"a\x00b":                "a-b",
		"\xff\xfe":              "",
		"\u212aelvin":           "elvin",
		"---":                   "",
		"0":                     "0",
	} {
		if got := activity.Slugify(given); got != want {
			t.Errorf("Slugify(%q) = %q, want %q", given, got, want)
		}
	}
}

func TestParseChannelAndFolderID(t *testing.T) {
	long := strings.Repeat("a", activity.MaxIDLength)
	tests := []struct {
		given           string
		channel, folder string // "" for CodeInvalidItemID
	}{
		{"diary", "diary", "diary"},
		{"My Diary", "my-diary", "my-diary"},
		{long, long, long},
		{long + "a", "", ""},
		{long + "!", long, long},
		{"", "", ""},
		{"???", "", ""},
		{"*", "", ""},
		{"null", "", ""},
		{"Undefined", "", ""},
		{"NaN", "", ""},
		{"TRUE", "", ""},
		{"false!", "", ""},
		{"start", "start", ""},
		{"stop", "stop", ""},
		{"running", "running", ""},
		{"Batch", "batch", ""},
		{"starts", "starts", "starts"},
		{"access-infos", "access-infos", "access-infos"},
	}
	for _, word := range strings.Fields("channels accesses access-info profile admin auth changes export import " +
		"audit webhooks socket-io docs console service users access") {
		tests = append(tests, struct{ given, channel, folder string }{strings.ToUpper(word), "", word})
	}
	for _, tt := range tests {
		channel, err := activity.ParseChannelID(tt.given)
		checkID(t, "ParseChannelID", tt.given, string(channel), tt.channel, err)
		folder, err := activity.ParseFolderID(tt.given)
		checkID(t, "ParseFolderID", tt.given, string(folder), tt.folder, err)
	}
}

func checkID(t *testing.T, function, given, got, want string, err error) {
	t.Helper()
	if got != want {
		t.Errorf("%s(%q) = %q, want %q", function, given, got, want)
	}
	switch invalid := errors.Is(err, activity.NewError(activity.CodeInvalidItemID, "")); {
	case want == "" && !invalid:
		t.Errorf("%s(%q): error %v, want %s", function, given, err, activity.CodeInvalidItemID)
	case want != "" && err != nil:
		t.Errorf("%s(%q): %v", function, given, err)
	}
}

func TestParseEventID(t *testing.T) {
	const good = "0198c5a2-7c1e-7d3a-9f00-0123456789ab"
	for given, want := range map[string]string{
		good:                                   good,
		strings.ToUpper(good):                  good,
		"00000000-0000-0000-0000-000000000000": "00000000-0000-0000-0000-000000000000",
		"":                                     "",
		good[:35]:                              "",
		good + "0":                             "",
		strings.ReplaceAll(good, "-", ""):      "",
		"{" + good + "}":                       "",
		"urn:uuid:" + good:                     "",
		strings.Replace(good, "a", "g", 1):     "",
		strings.Replace(good, "-", "_", 1):     "",
		"0198c5a27-c1e-7d3a-9f00-0123456789ab": "",
		"0198c5a2-7c1e-7d3a-9f00-0123456789a\u00df": "",
		" " + good[1:]: "",
	} {
		got, err := activity.ParseEventID(given)
		checkID(t, "ParseEventID", given, string(got), want, err)
	}
}

func FuzzSlugify(f *testing.F) {
	for _, seed := range []string{"", "My Diary", "--a--", "\xff", "日記", "A\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		slug := activity.Slugify(s)
		if activity.Slugify(slug) != slug {
			t.Errorf("Slugify(%q) = %q is not its own slug", s, slug)
		}
		if strings.Trim(slug, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || strings.Contains(slug, "--") ||
			strings.HasPrefix(slug, "-") || strings.HasSuffix(slug, "-") {
			t.Errorf("Slugify(%q) = %q is no slug", s, slug)
		}
	})
}
