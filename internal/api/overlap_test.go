package api_test

import (
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

// TestNoOverlap is the rule of channels that allow no overlap, case by case.
func TestNoOverlap(t *testing.T) {
	k := &track{world: openWorld(t)}
	for _, tt := range []struct{ given, do, want, state string }{
		// Periods that are created.
		{"a 10-20", "create n 20-30", "ok", "a 10-20, n 20-30"},
		{"a 10-20", "create n 0-10", "ok", "a 10-20, n 0-10"},
		{"a 10-20, b 30-40", "create n 20-30", "ok", "a 10-20, b 30-40, n 20-30"},
		{"a 10-20", "create n 19-30", "periods-overlap overlappedIds a", ""},
		{"a 10-20", "create n 0-11", "periods-overlap overlappedIds a", ""},
		{"a 10-20", "create n 12-13", "periods-overlap overlappedIds a", ""},
		{"a 10-20", "create n 10-20", "periods-overlap overlappedIds a", ""},
		{"c 50-60, a 10-20, b 30-40, d 80-90", "create n 15-55", "periods-overlap overlappedIds a b c", ""},
		{"a 10-20", "create n 15", "ok", "a 10-20, n 15"},
		{"m 15", "create n 10-20", "ok", "m 15, n 10-20"},
		{"a 10-20", "create ~n 15-16", "ok", "a 10-20, ~n 15-16"},
		{"~a 10-20", "create n 15-16", "ok", "~a 10-20, n 15-16"},

		// Periods without length.
		{"a 10-20", "create n 15-15", "periods-overlap overlappedIds a", ""},
		{"a 10-20", "create n 10-10", "ok", "a 10-20, n 10-10"},
		{"a 10-20", "create n 20-20", "ok", "a 10-20, n 20-20"},
		{"a 15-15", "create n 10-20", "periods-overlap overlappedIds a", ""},
		{"a 15-15", "create n 15-20", "ok", "a 15-15, n 15-20"},
		{"a 15-15", "create n 10-15", "ok", "a 15-15, n 10-15"},
		{"a 15-15", "create n 15-15", "ok", "a 15-15, n 15-15"},
		{"a 5-10, b 10-10, c 10-12", "create n 4-8", "periods-overlap overlappedIds a", ""},

		// Running ones stop for what begins at or after their start.
		{"a 10-", "start n 20", "ok stops a", "a 10-20, n 20-"},
		{"a 10-", "start n 10", "ok stops a", "a 10-10, n 10-"},
		{"a 10-", "create n 20-25", "ok stops a", "a 10-20, n 20-25"},
		{"a 10-", "create n 10-25", "ok stops a", "a 10-10, n 10-25"},
		{"a 10-", "create n 10-10", "ok stops a", "a 10-10, n 10-10"},
		{"a 10-", "create n 20-20", "ok stops a", "a 10-20, n 20-20"},
		{"a 10-", "create n 20", "ok", "a 10-, n 20"},
		{"a 10-", "create ~n 20-", "ok", "a 10-, ~n 20-"},
		{"~a 10-", "start n 20", "ok", "~a 10-, n 20-"},
		{"a 0-5, b 5-", "start n 20", "ok stops b", "a 0-5, b 5-20, n 20-"},
		{"a 10-", "create n 5-10", "ok", "a 10-, n 5-10"},
		{"a 10-", "create n 5-11", "periods-overlap overlappedIds a", ""},
		{"a 10-", "start n 5", "periods-overlap overlappedIds a", ""},
		{"a 10-20", "start n 20", "ok", "a 10-20, n 20-"},
		{"a 10-20", "start n 15", "periods-overlap overlappedIds a", ""},
		{"a 10-20, b 30-40", "start n 20", "periods-overlap overlappedIds b", ""},
		{"a 10-20, b 30-40", "start n 5", "periods-overlap overlappedIds a b", ""},
		{"a 10-10", "start n 10", "ok", "a 10-10, n 10-"},
		{"a 10-10", "start n 9", "periods-overlap overlappedIds a", ""},
		{"", "start n 9", "ok", "n 9-"},
		{"", "start ~n 9", "ok", "~n 9-"},

		// Times and durations that change.
		{"a 10-20, b 30-40", `update a {"time": 20}`, "ok", "a 20-30, b 30-40"},
		{"a 10-20, b 30-40", `update a {"time": 21}`, "periods-overlap overlappedIds b", ""},
		{"a 10-20, b 30-40", `update a {"time": 40}`, "ok", "a 40-50, b 30-40"},
		{"a 10-20, b 30-40", `update a {"duration": 20}`, "ok", "a 10-30, b 30-40"},
		{"a 10-20, b 30-40", `update a {"duration": 20.5}`, "periods-overlap overlappedIds b", ""},
		{"a 10-20, b 30-40, c 50-60", `update a {"time": 0, "duration": 100}`, "periods-overlap overlappedIds b c", ""},
		{"a 10-20, b 30-40", `update a {"time": 12, "duration": 3}`, "ok", "a 12-15, b 30-40"},
		{"a 10-20, b 30-", `update a {"time": 30}`, "periods-overlap overlappedIds b", ""},
		{"a 10-20, b 30-", `update a {"time": 50}`, "periods-overlap overlappedIds b", ""},
		{"a 10-20, b 30-", `update a {"time": 20}`, "ok", "a 20-30, b 30-"},
		{"a 10-20, b 30-", `update b {"time": 20}`, "ok", "a 10-20, b 20-"},
		{"a 10-20, b 30-", `update b {"time": 19}`, "periods-overlap overlappedIds a", ""},
		{"a 10-20, b 30-", `update b {"duration": 1}`, "ok", "a 10-20, b 30-31"},
		{"a 10-20, m 15", `update m {"duration": 1}`, "periods-overlap overlappedIds a", ""},
		{"a 10-20, m 15", `update m {"duration": 0}`, "periods-overlap overlappedIds a", ""},
		{"a 10-, m 15", `update m {"duration": 1}`, "periods-overlap overlappedIds a", ""},
		{"a 10-20, m 15", `update m {"duration": 1, "time": 20}`, "ok", "a 10-20, m 20-21"},
		{"a 10-20, m 15", `update m {"time": 16}`, "ok", "a 10-20, m 16"},
		{"a 10-20, b 30-40", `update b {"unset": ["duration"], "time": 15}`, "ok", "a 10-20, b 15"},
		{"a 10-20, b 30-", `update b {"unset": ["duration"], "time": 15}`, "ok", "a 10-20, b 15"},
		{"a 10-20, b 30-40", `update a {"folderId": "x", "tags": ["t"]}`, "ok", "a@x 10-20, b 30-40"},
		{"a 10-20, ~b 15-16", `update b {"time": 12}`, "ok", "a 10-20, ~b 12-13"},

		// Set running by an update.
		{"a 10-20", `update a {"duration": null}`, "ok", "a 10-"},
		{"a 10-20, b 20-30", `update a {"duration": null}`, "invalid-operation conflictingPeriodId b", ""},
		{"a 10-20, c 40-50, b 20-30", `update a {"duration": null}`, "invalid-operation conflictingPeriodId b", ""},
		{"a 10-20, b 30-", `update a {"duration": null}`, "invalid-operation conflictingPeriodId b", ""},
		{"a 10-20, b 30-30", `update a {"duration": null}`, "invalid-operation conflictingPeriodId b", ""},
		{"a 10-10, b 10-10", `update a {"duration": null}`, "ok", "a 10-, b 10-10"},
		{"a 10-20, b 20-30", `update b {"duration": null}`, "ok", "a 10-20, b 20-"},
		{"a 10-20, b 20-30", `update b {"duration": null, "time": 15}`, "periods-overlap overlappedIds a", ""},
		{"a 10-20, m 15", `update m {"duration": null}`, "periods-overlap overlappedIds a", ""},
		{"a 10-, m 15", `update m {"duration": null}`, "ok stops a", "a 10-15, m 15-"},
		{"a 10-20, b 30-", `update a {"duration": null, "time": 35}`, "ok stops b", "a 35-, b 30-35"},
		{"a 10-20, b 20-30", `update a {"unset": ["duration"]}`, "ok", "a 10, b 20-30"},
		{"~a 10-20, b 20-30", `update a {"duration": null}`, "ok", "~a 10-, b 20-30"},

		// The trash of events.
		{"a 10-20, ~b 15-25", `update b {"trashed": false}`, "periods-overlap overlappedIds a", ""},
		{"a 10-20, ~b 20-25", `update b {"trashed": false}`, "ok", "a 10-20, b 20-25"},
		{"a 10-20, ~b 15-25", `update b {"trashed": false, "time": 30}`, "ok", "a 10-20, b 30-40"},
		{"a 10-20, ~b 15", `update b {"trashed": false}`, "ok", "a 10-20, b 15"},
		{"a 10-, ~b 15-", `update b {"trashed": false}`, "periods-overlap overlappedIds a", ""},
		{"a 10-, ~b 15-20", `update b {"trashed": false}`, "periods-overlap overlappedIds a", ""},
		{"a 10-, ~b 15-20", `update b {"trashed": false, "duration": null}`, "periods-overlap overlappedIds a", ""},
		{"a 10-20, ~b 5-6", `update b {"trashed": false, "duration": null}`, "invalid-operation conflictingPeriodId a", ""},
		{"a 10-20, ~b 20-", `update b {"trashed": false}`, "ok", "a 10-20, b 20-"},
		{"a 10-20", `update a {"trashed": true}`, "ok", "~a 10-20"},
		{"a 10-20", `update a {"trashed": true, "duration": 50}`, "ok", "~a 10-60"},
		{"a 10-", `delete a`, "ok", "~a 10-"},
	} {
		k.check(t, true, tt.given, tt.do, tt.want, tt.state)
	}
}

// TestOverlapIsAllowed does in other channels what the rule would refuse.
func TestOverlapIsAllowed(t *testing.T) {
	k := &track{world: openWorld(t)}
	for _, tt := range []struct{ given, do, state string }{
		{"a 10-", "start n 20", "a 10-, n 20-"},
		{"a 10-20", "create n 15-25", "a 10-20, n 15-25"},
		{"a 10-20, b 30-40", `update a {"duration": null}`, "a 10-, b 30-40"},
		{"a 10-20, ~b 15-25", `update b {"trashed": false}`, "a 10-20, b 15-25"},
		{"a 10-20, b 30-40", `update a {"time": 35}`, "a 35-45, b 30-40"},
	} {
		k.next(t, false, tt.given)
		if got := k.try(t, "owner", tt.do); got != "ok" {
			t.Errorf("%s: %s: got %s", tt.given, tt.do, got)
		}
		if got := k.state(t); got != tt.state {
			t.Errorf("%s: %s: then there is %s, want %s", tt.given, tt.do, got, tt.state)
		}
	}
}

func TestRuleIsSwitchedOn(t *testing.T) {
	k := &track{world: openWorld(t)}
	const on = `channel {"enforceNoEventsOverlap": true}`
	for _, tt := range []struct{ given, do, want string }{
		{"", on, "ok"},
		{"a 10-20, b 20-30, c 30-, m 15, n 35", on, "ok"},
		{"a 10-20, b 15-30, c 40-50, d 49-60, e 60-70", on, "periods-overlap overlappedIds a b c d"},
		{"a 10-100, b 20-30, c 40-50, d 60-60", on, "periods-overlap overlappedIds a b c d"},
		{"a 10-, b 20-", on, "periods-overlap overlappedIds a b"},
		{"a 10-, b 20-25, c 0-10", on, "periods-overlap overlappedIds a b"},
		{"a 10-20, ~b 15-30, ~c 5-", on, "ok"},
		{"a 10-10, b 10-10, c 10-20, d 0-10", on, "ok"},
		{"a 10-20, b 15-30", `channel {"enforceNoEventsOverlap": true, "trashed": true}`, "periods-overlap overlappedIds a b"},
		{"a 10-20, b 15-30", `channel {"name": "other", "enforceNoEventsOverlap": false}`, "ok"},
	} {
		k.next(t, false, tt.given)
		if got := k.try(t, "owner", tt.do); got != tt.want {
			t.Errorf("%s: %s: got %s, want %s", tt.given, tt.do, got, tt.want)
		}
		c := k.item(t, "owner", "channels.getOne", k.channel, "")
		if on := c["enforceNoEventsOverlap"]; on != (tt.want == "ok" && strings.Contains(tt.do, "true")) {
			t.Errorf("%s: %s: then the rule is on: %v", tt.given, tt.do, on)
		}
	}
	k.next(t, true, "a 10-20")
	k.try(t, "owner", `channel {"enforceNoEventsOverlap": false}`)
	if got := k.try(t, "owner", "create n 15-16"); got != "ok" {
		t.Errorf("with the rule switched off: %s", got)
	}
}

// TestRuleInTheTrash: periods in a folder or channel in the trash keep their
// state, so that the rule holds for them and nothing breaks when it is taken
// out.
func TestRuleInTheTrash(t *testing.T) {
	k := &track{world: openWorld(t)}
	k.next(t, true, "a@x 10-20, b@y 30-, ~c@x 12-13")
	for _, step := range []struct{ do, want string }{
		{`folder x {"trashed": true}`, "ok"},
		{"create n 15-16", "periods-overlap overlappedIds a"},
		{"create n@x 20-21", "invalid-operation trashed folder"},
		{`update a {"duration": 25}`, "periods-overlap overlappedIds b"},
		{`update c {"trashed": false}`, "periods-overlap overlappedIds a"},
		{`folder x {"trashed": false}`, "ok"},
		{`folder y {"trashed": true}`, "ok"},
		{"start n 40", "ok stops b"},
		{`channel {"trashed": true}`, "ok"},
		{"start o 50", "invalid-operation trashed channel"},
		{`update a {"duration": 25}`, "periods-overlap overlappedIds b"},
		{`update a {"duration": null}`, "invalid-operation conflictingPeriodId b"},
		{`stop {"time": 45}`, "ok stops n"},
		{`channel {"trashed": false}`, "ok"},
		{`folder y {"trashed": false}`, "ok"},
	} {
		if got := k.try(t, "owner", step.do); got != step.want {
			t.Errorf("%s: got %s, want %s", step.do, got, step.want)
		}
	}
	if got, want := k.state(t), "a@x 10-20, b@y 30-40, ~c@x 12-13, n 40-45"; got != want {
		t.Errorf("there is %s, want %s", got, want)
	}
}

// TestOverlapNamesWhatIsSeen: in folder x the access writes, y it reads, and it
// sees nothing else.
func TestOverlapNamesWhatIsSeen(t *testing.T) {
	k := &track{world: openWorld(t)}
	for _, tt := range []struct{ given, do, want string }{
		{"a 10-20, b@x 30-40, c@y 50-60", "create n@x 0-100", "periods-overlap overlappedIds b c"},
		{"a 10-20", "create n@x 0-100", "periods-overlap overlappedIds"},
		{"a 10-20", "start n@x 0", "periods-overlap overlappedIds"},
		{"a 10-20", "start n@x 20", "ok"},
		{"a 10-", "start n@x 20", "forbidden"},
		{"a@y 10-", "start n@x 20", "forbidden"},
		{"a@y 10-", "create n@x 20-30", "forbidden"},
		{"a@x 10-", "start n@x 20", "ok stops a"},
		{"a 10-", "create n@x 0-30", "periods-overlap overlappedIds"},
		{"a@x 10-20, b 30-40", `update a {"duration": null}`, "invalid-operation"},
		{"a@x 10-20, b 30-40, c@y 50-60", `update a {"duration": null}`, "invalid-operation conflictingPeriodId c"},
		{"a@x 10-20, b 30-40, c@y 50-60", `update a {"duration": 100}`, "periods-overlap overlappedIds c"},
		{"m@x 50, b 30-", `update m {"duration": null}`, "forbidden"},
		{"~a@x 10-20, b 10-20", `update a {"trashed": false}`, "periods-overlap overlappedIds"},
		{"a 10-", "stop {}", "ok"}, // it sees none that runs
		{"a@y 10-", "stop {}", "forbidden"},
		{"a@x 10-", `stop {"time": 15}`, "ok stops a"},
		{"a 10-", `stop {"id": "` + eventOf("a") + `"}`, "forbidden"},
		{"a@y 10-", `stop {"id": "` + eventOf("a") + `"}`, "forbidden"},
		{"", `stop {"id": "` + eventOf("a") + `"}`, "forbidden"},
	} {
		k.next(t, true, tt.given)
		permissions := `[{"channelId":"` + k.channel + `","level":"read","folderPermissions":[{"folderId":"x","level":"contribute"},{"folderId":"y","level":"read"}]}]`
		k.tokens["part"] = k.give(t, k.tokens["owner"], access("shared", k.channel, permissions))["token"].(string)
		before := k.state(t)
		if got := k.try(t, "part", tt.do); got != tt.want {
			t.Errorf("%s: %s: got %s, want %s", tt.given, tt.do, got, tt.want)
		}
		if after := k.state(t); !strings.HasPrefix(tt.want, "ok") && after != before {
			t.Errorf("%s: %s: then there is %s", tt.given, tt.do, after)
		}
	}
}

// TestEndsAreExact begins where doubles do not add up: what touches goes on
// touching.
func TestEndsAreExact(t *testing.T) {
	w := openWorld(t)
	w.ok(t, "owner", "channels.update", "work", `{"enforceNoEventsOverlap": true}`)
	first := w.item(t, "owner", "events.start", "work", `{"type": "note/txt", "value": "", "time": -0.7}`)["id"].(string)
	next := w.item(t, "owner", "events.start", "work", `{"type": "note/txt", "value": "", "time": 0.1}`)
	if next["stoppedId"] != first {
		t.Errorf("it stopped %v", next["stoppedId"])
	}
	read := w.item(t, "owner", "events.getOne", "work/"+first, "")
	seconds, from := read["duration"].(float64), read["time"].(float64)
	if from+seconds == 0.1 {
		t.Fatal("these doubles add up")
	}
	for _, in := range []string{
		`{"value": "changed"}`, encode(t, map[string]any{"time": from, "duration": seconds}), `{"trashed": true}`, `{"trashed": false}`,
	} {
		w.ok(t, "owner", "events.update", "work/"+first, in)
	}
	for _, in := range []string{`{"enforceNoEventsOverlap": false}`, `{"enforceNoEventsOverlap": true}`} {
		w.ok(t, "owner", "channels.update", "work", in)
	}
	_, err := w.invoke(t, "owner", "events.update", "work/"+first, `{"duration": 0.9}`)
	if outcome(err) != "periods-overlap" {
		t.Errorf("got %s", outcome(err))
	}
}

func TestEndBeyondAllNumbers(t *testing.T) {
	w := openWorld(t)
	const far = `{"type": "note/txt", "value": "", "time": 1e308, "duration": 1e308}`
	if _, err := w.invoke(t, "owner", "events.create", "work", far); outcome(err) != "invalid-parameters-format duration:maximum" {
		t.Errorf("got %s", outcome(err))
	}
	id := w.record(t, `{"type": "note/txt", "value": "", "time": -1e308, "duration": null}`)
	w.ok(t, "owner", "events.stop", "work", `{"id": "`+id+`", "time": 1e308}`)
	if _, err := w.invoke(t, "owner", "events.update", "work/"+id, `{"time": 1e308}`); outcome(err) != "invalid-parameters-format duration:maximum" {
		t.Errorf("got %s", outcome(err))
	}
}

// TestStopIsAChange: what a start stops and the start each leave a change, and
// the stopped one says who did it.
func TestStopIsAChange(t *testing.T) {
	w := openWorld(t)
	w.ok(t, "owner", "channels.update", "work", `{"enforceNoEventsOverlap": true}`)
	first := w.record(t, `{"type": "note/txt", "value": "", "time": 10, "duration": null}`)
	user, err := w.store.Users().UserByName(t.Context(), "alice")
	if err != nil {
		t.Fatal(err)
	}
	read := func(after activity.Seq) (changes []activity.Change, head activity.Seq) {
		t.Helper()
		err := w.store.Tenant(user.ID).View(t.Context(), func(tx storage.Tx) (err error) {
			if changes, _, err = tx.Log(t.Context(), after, 100); err == nil {
				_, head, err = tx.LogHead(t.Context())
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return changes, head
	}
	_, head := read(0)
	second := w.item(t, "writer", "events.start", "work", `{"type": "note/txt", "value": "", "time": 20}`)["id"].(string)
	changes, _ := read(head)
	if len(changes) != 2 || changes[0].Item != first || changes[0].Action != activity.Updated || changes[1].Item != second || changes[1].Action != activity.Created {
		t.Errorf("changes %+v", changes)
	}
	if e := w.item(t, "owner", "events.getOne", "work/"+first, ""); e["modifiedBy"] != "writer" || e["createdBy"] != "test app" || e["duration"] != 10. {
		t.Errorf("the first is %v", e)
	}
}
