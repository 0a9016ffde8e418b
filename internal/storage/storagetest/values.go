package storagetest

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

func valueCases() []testCase {
	return []testCase{
		{name: "times keep their bits", check: timeBits},
		{name: "durations keep their bits", check: durationBits},
		{name: "times are in order, the odd ones too", check: timeOrder},
		{name: "JSON comes back to the byte", check: jsonBytes},
		{name: "texts come back, Unicode and NUL", check: oddTexts},
		{name: "tags are exact", check: exactTags},
		{name: "types are exact", check: exactTypes},
	}
}

func oddNumbers() []float64 {
	return []float64{
		0, math.Copysign(0, -1), 1, -1, 0.30000000000000004, 0.3, 1e-300, -1e-300, 5e-324, -5e-324, 1 << 53, 1<<53 + 2, -(1 << 53), 1 << 62, 1 << 63,
		1e18, 1e19, 1e300, math.MaxFloat64, -math.MaxFloat64, 1753712345.123456, math.Nextafter(1753712345, 0), math.Nextafter(1753712345, 2e9), -86400.5,
	}
}

func timeBits(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	for _, f := range oddNumbers() {
		e := u.put(note("c", "f", activity.Timestamp(f)))[0]
		u.stored(e)
		if got := u.event("c", e.ID); math.Float64bits(float64(got.Time)) != math.Float64bits(f) {
			t.Errorf("%x came back as %x", f, float64(got.Time))
		}
		e.Tags = []string{"changed"}
		u.stored(u.change(e))
	}
}

func durationBits(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	for _, f := range oddNumbers() {
		if f < 0 {
			continue
		}
		e := u.put(period("c", 0.1, activity.Seconds(f)))[0]
		seconds, ok := u.event("c", e.ID).Duration.Seconds()
		if !ok || math.Float64bits(seconds) != math.Float64bits(f) {
			t.Errorf("%x came back as %x, %t", f, seconds, ok)
		}
		u.stored(e)
	}
}

func timeOrder(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	var events []activity.Event
	for _, f := range oddNumbers() {
		events = append(events, note("c", "f", activity.Timestamp(f)))
	}
	want := u.put(events...)
	slices.SortFunc(want, ascending)
	q := everything("c")
	q.Ascending = true
	sameEvents(t, u.list(q), want)
	for i, e := range want { // every one is found by its own time
		q.From, q.To = &e.Time, &e.Time
		for _, found := range u.list(q) {
			if found.Time != e.Time {
				t.Errorf("at %v there is %s", e.Time, text(found))
			}
		}
		q.To = nil
		from := slices.IndexFunc(want, func(other activity.Event) bool { return other.Time == e.Time })
		if got := u.list(q); len(got) != len(want)-from {
			t.Errorf("from %v (%d) on there are %d events, want %d", e.Time, i, len(got), len(want)-from)
		}
	}
}

func jsonBytes(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	deep := strings.Repeat(`[`, 64) + strings.Repeat(`]`, 64)
	for _, value := range []string{
		`null`, `true`, `0`, `-0`, `1.0`, `1e5`, `1E+5`, `0.1000`, `9007199254740993.0`, `18446744073709551616`, `""`, `"\u0041\/\b\"\\"`,
		`"é` + "\u2028\u2029\x7f" + `<>&"`, `"\u0000"`, `"\ud83d\ude00"`, `[]`, `{}`, `[[],{}]`, deep, oddObject,
		`{"b":1,"a":2,"B":3}`, `"` + strings.Repeat("long é ", 50_000) + `"`,
	} {
		e := rich()
		e.Value = activity.Value(value)
		if value[0] == '{' {
			e.ClientData = activity.Object(value)
		}
		made := u.put(e)[0]
		u.stored(made)
		if got := u.event("c", e.ID); string(got.Value) != value || value[0] == '{' && objectText(got.ClientData) != value {
			t.Errorf("%.100s came back as %.100s and %.100s", value, got.Value, got.ClientData)
		}
		other := u.put(note("c", "", 1))[0]
		other.Value, other.ClientData = e.Value, e.ClientData
		u.stored(u.change(other))
	}
}

func oddTexts(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	for _, odd := range []string{"", "\x00", "a\x00b", "\x00a", oddText, "' OR 1=1 --", "$where", "a.b", "%", "\\", "\r\n\t", strings.Repeat("\U0001f600", 16384)} {
		e := rich()
		e.Description, e.CreatedBy, e.ModifiedBy = &odd, odd, odd
		e.Tags = []string{odd + "x", "y" + odd}
		e.Attachments = []activity.Attachment{{Name: odd + "n", FileName: odd, Type: odd, Size: 1}}
		u.stored(u.put(e)[0])
	}
	u.do(func(tx storage.Tx) error {
		return tx.CreateSession(t.Context(), &activity.Session{ID: "s", AppID: oddText, UserAgent: oddText, Expires: farFuture})
	})
	if v, ok := u.structure().Session("s"); !ok || v.AppID != oddText || v.UserAgent != oddText {
		t.Errorf("session %+v", v)
	}
	user := u.structure().User()
	user.Email, user.LanguageCode, user.DisplayName, user.PasswordHash = oddText, oddText, oddText, oddText
	origin := activity.Origin{Access: oddText, Session: oddText, Socket: oddText}
	head := u.head()
	if err := u.Update(t.Context(), origin, func(tx storage.Tx) error { return tx.UpdateUser(t.Context(), user) }); err != nil {
		t.Fatal(err)
	}
	if got := u.structure().User(); got != user {
		t.Errorf("user %+v, want %+v", got, user)
	}
	if changes := u.log(head); len(changes) != 1 || changes[0].Origin != origin {
		t.Errorf("changes %+v", changes)
	}
}

func exactTags(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	tags := []string{"a", "A", "aa", "a ", " a", "\u00e4", "a\u0308", "a\x00", "\"a\"", "a,b", "b", "[a]", "a\nb", "a\r\nb", "a\x1fb", "a\x00b", "\x1f", "a;b", "a|b", "\\n", "\\u0000", "%", "_", "*", `a\u0062`, "ab"}
	var events []activity.Event
	for i, tag := range tags {
		e := note("c", "", activity.Timestamp(i))
		e.Tags = []string{"common", tag, "last"}
		events = append(events, e)
	}
	made := u.put(events...)
	for i, tag := range tags {
		q := everything("c")
		q.Tags = []string{tag}
		sameEvents(t, u.list(q), made[i:i+1])
		q.Tags = []string{"last", tag, "common"}
		sameEvents(t, u.list(q), made[i:i+1])
		q.Tags = []string{tag, tags[(i+1)%len(tags)]}
		sameEvents(t, u.list(q), nil)
	}
	q := everything("c")
	q.Tags = []string{"common"}
	if got := u.list(q); len(got) != len(tags) {
		t.Errorf("%d events have the common tag", len(got))
	}
	many := note("c", "", 100)
	for i := range activity.MaxTags {
		many.Tags = append(many.Tags, fmt.Sprint("tag", 99-i))
	}
	u.stored(u.put(many)[0])
}

func exactTypes(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	types := []activity.Type{
		{Class: "note", Format: "txt"}, {Class: "Note", Format: "txt"}, {Class: "note", Format: "TXT"}, {Class: "note", Format: "t"},
		{Class: "no", Format: "tetxt"}, {Class: "note-x", Format: "txt"}, {Class: "note_", Format: "txt"}, {Class: "n.te", Format: "txt"},
	}
	var events []activity.Event
	for i, typ := range types {
		e := note("c", "", activity.Timestamp(-i))
		e.Type = typ
		events = append(events, e)
	}
	made := u.put(events...)
	q := everything("c")
	for i, typ := range types {
		q.Types = []storage.TypeFilter{storage.TypeFilter(typ)}
		sameEvents(t, u.list(q), made[i:i+1])
	}
	q.Types = []storage.TypeFilter{{Class: "note", Format: "*"}}
	sameEvents(t, u.list(q), []activity.Event{made[0], made[2], made[3]})
	q.Types = []storage.TypeFilter{{Class: "note", Format: "txt"}, {Class: "Note", Format: "*"}, {Class: "no", Format: "t"}, {Class: "note", Format: "txt"}}
	sameEvents(t, u.list(q), made[:2])
}
