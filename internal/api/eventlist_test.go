package api_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// values calls events.get and gives the values of what it lists, in order; a
// tombstone is "-".
func (w *world) values(t *testing.T, who, in string) string {
	t.Helper()
	var all []string
	for _, e := range w.items(t, who, "events.get", "work", in) {
		if _, gone := e["deleted"]; gone {
			all = append(all, "-")
			continue
		}
		all = append(all, fmt.Sprint(e["value"]))
	}
	return strings.Join(all, " ")
}

const now = 1_700_000_000 // where the clock of openAccounts stands

func TestEventListParameters(t *testing.T) {
	w := openWorld(t)
	for _, e := range []string{
		`{"type": "dose/kg", "time": 1000, "value": "m1", "folderId": "a", "tags": ["x", "y"]}`,
		`{"type": "dose/g", "time": 2000, "value": "m2", "folderId": "b", "tags": ["x"]}`,
		`{"type": "note/txt", "time": 3000, "value": "n1", "folderId": "c", "duration": null}`,
		`{"type": "note/txt", "time": 4000, "value": "n2", "folderId": "d", "duration": 10, "tags": ["y"]}`,
		`{"type": "note/txt", "time": 5000, "value": "n3"}`,
		`{"type": "note/txt", "time": 6000, "value": "t1", "folderId": "c", "trashed": true, "duration": null}`,
		`{"type": "note/txt", "time": 1700009000, "value": "future", "folderId": "c"}`,
	} {
		w.record(t, e)
	}
	cases := []struct{ who, in, want string }{
		{"owner", "", "n3 n2 n1 m2 m1"},
		{"owner", "?sortAscending=true", "m1 m2 n1 n2 n3"},
		{"owner", "?fromTime=2000", "n3 n2 n1 m2"},
		{"owner", "?fromTime=2000&toTime=4000", "n2 n1 m2"},
		{"owner", "?fromTime=2000.5&toTime=3999.5", "n1"},
		{"owner", "?toTime=5000", "n3 n2 n1 m2 m1"},
		{"owner", "?toTime=87400", "n3 n2 n1 m2 m1"},
		{"owner", "?toTime=87401", "n3 n2 n1 m2"},
		{"owner", "?fromTime=0&toTime=1800000000", "future n3 n2 n1 m2 m1"},
		{"owner", "?fromTime=5000&toTime=1000", ""},
		{"owner", `{"onlyFolders": ["a"]}`, "n1 m2 m1"},
		{"owner", "?onlyFolders=a", "n1 m2 m1"},
		{"owner", "?onlyFolders=c,d", "n2 n1"},
		{"owner", "?onlyFolders[]=c&onlyFolders[]=d", "n2 n1"},
		{"owner", `?onlyFolders=["c",null]`, "n3 n1"},
		{"owner", "?onlyFolders=null", "n3"},
		{"owner", `{"onlyFolders": ["null"]}`, "n3"},
		{"owner", `{"onlyFolders": [null, "b"]}`, "n3 n1 m2"},
		{"owner", `{"onlyFolders": [], "types": [], "tags": []}`, "n3 n2 n1 m2 m1"},
		{"owner", "?onlyFolders=&types=&tags=", "n3 n2 n1 m2 m1"},
		{"owner", "?tags=x", "m2 m1"},
		{"owner", "?tags=x,y", "m1"},
		{"owner", "?tags=%20x%20,,y", "m1"},
		{"owner", "?tags=z", ""},
		{"owner", "?types=dose/kg", "m1"},
		{"owner", "?types=dose/*", "m2 m1"},
		{"owner", `{"types": ["dose/g", {"class": "note", "format": "*"}]}`, "n3 n2 n1 m2"},
		{"owner", `{"types": [{"class": "dose", "format": "g"}]}`, "m2"},
		{"owner", "?running=true", "n1"},
		{"owner", "?running=false", "n3 n2 n1 m2 m1"},
		{"owner", "?state=trashed", "t1"},
		{"owner", "?state=all", "t1 n3 n2 n1 m2 m1"},
		{"owner", "?limit=2", "n3 n2"},
		{"owner", "?limit=2&skip=1", "n2 n1"},
		{"owner", "?skip=9", ""},
		{"owner", "?limit=1&sortAscending=true&types=note/txt", "n1"},
		{"owner", "?modifiedSince=0", "future n3 n2 n1 m2 m1"},
		{"owner", "?modifiedSince=1800000000", ""},
		{"owner", "?modifiedSince=0&toTime=5000&fromTime=2500", "n3 n2 n1"},
		{"part-reader", "", "n1 m2"},
		{"part-reader", "?limit=1&sortAscending=true", "m2"},
		{"part-reader", "?onlyFolders=c", "n1"},
		{"part-writer", "", "n2 n1 m2"},
		{"part-writer", "?state=all&onlyFolders=d,c", "t1 n2 n1"},
		{"loose", "", "n3"},
		{"reader", "?auth=something&_=1", "n3 n2 n1 m2 m1"},
	}
	for _, c := range cases {
		if got := w.values(t, c.who, c.in); got != c.want {
			t.Errorf("%s %s: got %q, want %q", c.who, c.in, got, c.want)
		}
	}
}

func TestEventListFaults(t *testing.T) {
	w := openWorld(t)
	_, err := w.invoke(t, "owner", "events.get", "work",
		"?fromTime=yesterday&toTime=&onlyFolders=,a&types=mass&running=maybe&state=none&modifiedSince=x&sortAscending=desc&skip=-1&limit=0&until=5&tags="+strings.Repeat("x", 201))
	want := "invalid-parameters-format fromTime:type limit:minimum modifiedSince:type onlyFolders[0]:minLength running:type " +
		"skip:minimum sortAscending:type state:enum tags:maxLength toTime:type types[0]:pattern until:unknown"
	if got := outcome(err); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	_, err = w.invoke(t, "owner", "events.get", "work", "?includeDeletions=true&limit=1.5")
	if got, want := outcome(err), "invalid-parameters-format includeDeletions:requires limit:type"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestEventListDefaultLimit(t *testing.T) {
	w := openWorld(t)
	for i := range 25 {
		w.record(t, fmt.Sprintf(`{"type": "a/b", "time": %d}`, now-i))
	}
	for in, want := range map[string]int{
		"": 20, "?limit=25": 25, "?fromTime=0": 25, "?toTime=1700000000": 25, "?modifiedSince=0": 25,
		"?sortAscending=true&onlyFolders=null": 20, "?modifiedSince=0&limit=7": 7, "?skip=10": 15,
	} {
		if got := len(w.items(t, "owner", "events.get", "work", in)); got != want {
			t.Errorf("%s: got %d, want %d", in, got, want)
		}
	}
}

func TestEventListDefaultTimesFollowTheClock(t *testing.T) {
	w := openWorld(t)
	w.record(t, fmt.Sprintf(`{"type": "a/b", "time": %d, "value": "soon"}`, now+60))
	if got := w.values(t, "owner", ""); got != "" {
		t.Errorf("got %q before its time", got)
	}
	w.advance(time.Minute)
	if got := w.values(t, "owner", ""); got != "soon" {
		t.Errorf("got %q at its time", got)
	}
}

func TestEventListChangesAndDeletions(t *testing.T) {
	w := openWorld(t)
	var ids []string
	for i, folder := range []string{"b", "b", "b", "a"} {
		ids = append(ids, w.record(t, fmt.Sprintf(`{"type": "a/b", "time": %d, "value": %d, "folderId": %q}`, 100*i, i, folder)))
	}
	e := w.item(t, "owner", "events.getOne", "work/"+ids[3], "")
	since := "?modifiedSince=" + encode(t, e["modified"])
	w.ok(t, "owner", "events.update", "work/"+ids[1], `{"time": 5000000000}`)
	for _, id := range []string{ids[0], ids[3]} {
		w.ok(t, "owner", "events.delete", "work/"+id, "")
		w.ok(t, "owner", "events.delete", "work/"+id, "")
	}
	cases := []struct{ who, in, want string }{
		{"owner", since, "1"},
		{"owner", since + "&includeDeletions=true", "1 - -"},
		{"part-reader", since + "&includeDeletions=true", "1 -"},
		{"loose", since + "&includeDeletions=true", ""},
	}
	for _, c := range cases {
		if got := w.values(t, c.who, c.in); got != c.want {
			t.Errorf("%s %s: got %q, want %q", c.who, c.in, got, c.want)
		}
	}
	for _, e := range w.items(t, "part-reader", "events.get", "work", since+"&includeDeletions=true") {
		if _, gone := e["deleted"]; gone && (len(e) != 2 || e["id"] != ids[0]) {
			t.Errorf("a tombstone is %v", e)
		}
	}
}

func TestEventListPagesByKey(t *testing.T) {
	w := openWorld(t)
	var want []string
	for i := range 9 {
		want = append(want, fmt.Sprint(i))
		w.record(t, fmt.Sprintf(`{"type": "a/b", "time": %d, "value": "%d", "folderId": "c"}`, 100*(i/3), i))
	}
	for _, ascending := range []string{"true", "false"} {
		var got []string
		after := ""
		for {
			page := w.items(t, "part-reader", "events.get", "work", "?limit=2&sortAscending="+ascending+after)
			for _, e := range page {
				got = append(got, e["value"].(string))
				after = "&after=" + e["id"].(string)
			}
			if len(page) < 2 {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("ascending %s: got %v, want %v", ascending, got, want)
		}
		slices.Reverse(want)
	}
}

func TestEventListGoesOnBehindADeletedEvent(t *testing.T) {
	w := openWorld(t)
	var ids []string
	for i := range 3 {
		ids = append(ids, w.record(t, fmt.Sprintf(`{"type": "a/b", "time": %d, "value": "%[1]d", "folderId": "c"}`, i)))
	}
	w.ok(t, "owner", "events.delete", "work/"+ids[1], "")
	w.ok(t, "owner", "events.delete", "work/"+ids[1], "")
	const since = "?modifiedSince=0&includeDeletions=true&limit=1&after="
	if got := w.values(t, "part-reader", since+ids[2]); got != "-" {
		t.Errorf("got %q", got)
	}
	if got := w.values(t, "part-reader", since+ids[1]); got != "0" {
		t.Errorf("got %q", got)
	}
	if _, err := w.invoke(t, "part-reader", "events.get", "work", "?after="+ids[1]); outcome(err) != "invalid-parameters-format after:unknown-event" {
		t.Errorf("without deletions: got %s", outcome(err))
	}
}

func TestEventListIsWholeBeyondAPage(t *testing.T) {
	w := openWorld(t)
	const most = 700
	entries := make([]string, most)
	for i := range entries {
		entries[i] = fmt.Sprintf(`{"method": "work.events.create", "params": {"type": "a/b", "time": %d, "value": %d}}`, i/7, i)
	}
	answer, err := w.service.Batch(t.Context(), w.asOwner(), []byte("["+strings.Join(entries, ",")+"]"),
		func(command string, err error) { t.Errorf("%s: %v", command, err) })
	if err != nil || !json.Valid(answer) {
		t.Fatal(err)
	}
	got := w.items(t, "owner", "events.get", "work", "?fromTime=0&sortAscending=true")
	if len(got) != most {
		t.Fatalf("listed %d of %d", len(got), most)
	}
	for i := 1; i < most; i++ {
		a, b := got[i-1], got[i]
		if a["time"].(float64) > b["time"].(float64) || a["time"] == b["time"] && a["id"].(string) >= b["id"].(string) {
			t.Fatalf("%v stands before %v", a, b)
		}
	}
}
