package activity_test

import (
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/activity"
)

func TestParseUsername(t *testing.T) {
	for given, want := range map[string]string{
		"alice":                 "alice",
		"ALICE":                 "alice",
		"12345":                 "12345",
		"a-b-c":                 "a-b-c",
		"a---b":                 "a---b",
		strings.Repeat("x", 21): strings.Repeat("x", 21),
		"admin":                 "admin", // its form is right: see TestReservedUsernames
		"":                      "",
		"anna":                  "",
		strings.Repeat("x", 22): "",
		"-alice":                "",
		"alice-":                "",
		"al ice":                "",
		"al_ice":                "",
		"al.ice":                "",
		"alice\n":               "",
		"al\x00ice":             "",
		"änne1":                 "",
		"\u212aelvin":           "", // the Kelvin sign, whose small letter is k
		"\u0130sabel":           "", // I with a dot, whose small letter is i
	} {
		got, fault := activity.ParseUsername(given)
		if string(got) != want {
			t.Errorf("ParseUsername(%q) = %q, want %q", given, got, want)
		}
		if (fault != nil) != (want == "") {
			t.Errorf("ParseUsername(%q): fault %v, want one: %t", given, fault, want == "")
		}
	}
}

func TestReservedUsernames(t *testing.T) {
	for _, word := range strings.Fields("admin administrator access accesses account accounts activity activityd api auth channels " +
		"console docs events export folders health healthz help import login logout metrics oauth profile public readyz register " +
		"root security service settings socket socket-io socketio static status support system users webhooks") {
		if !activity.Username(word).Reserved() {
			t.Errorf("%q is not reserved", word)
		}
	}
	for _, name := range []activity.Username{"alice", "admins", "user1", "sockets"} {
		if name.Reserved() {
			t.Errorf("%q is reserved", name)
		}
	}
}
