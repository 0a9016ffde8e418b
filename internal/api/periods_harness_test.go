package api_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/activity"
)

// track is a channel whose periods tests write in short: "a 10-20, b 30-" is
// the event a from 10 to 20 and b that runs from 30; "~c" is in the trash, "d@x"
// in folder x, "m 5" is a mark.
type track struct {
	*world
	channel string
	made    int
}

// eventOf gives the id of the event that tests call by one letter.
func eventOf(name string) string {
	return fmt.Sprintf("00000000-0000-7000-8000-0000000000%02x", name[0])
}

// nameOf is its inverse.
func nameOf(id string) string {
	var b byte
	if _, err := fmt.Sscanf(id[len(id)-2:], "%02x", &b); err != nil || eventOf(string(b)) != id {
		return id
	}
	return string(b)
}

// next gives another channel with the periods, which allows no overlap if ruled.
func (k *track) next(t *testing.T, ruled bool, given string) {
	t.Helper()
	k.made++
	k.channel = fmt.Sprint("track-", k.made)
	k.ok(t, "owner", "channels.create", "", object("id", k.channel, "name", k.channel))
	for _, folder := range []string{"x", "y"} {
		k.ok(t, "owner", "folders.create", k.channel, object("id", folder, "name", folder))
	}
	for spec := range strings.SplitSeq(given, ", ") {
		if spec != "" {
			k.ok(t, "owner", "events.create", k.channel, eventSpec(t, spec))
		}
	}
	if ruled {
		k.ok(t, "owner", "channels.update", k.channel, `{"enforceNoEventsOverlap": true}`)
	}
}

// eventSpec gives the parameters of events.create.
func eventSpec(t *testing.T, spec string) string {
	t.Helper()
	name, span, _ := strings.Cut(spec, " ")
	name, trashed := strings.CutPrefix(name, "~")
	name, folder, _ := strings.Cut(name, "@")
	e := map[string]any{"id": eventOf(name), "type": "note/txt", "trashed": trashed, "value": "x"}
	if folder != "" {
		e["folderId"] = folder
	}
	var from, to float64
	switch n, err := fmt.Sscanf(span, "%g-%g", &from, &to); {
	case n == 2:
		e["time"], e["duration"] = from, to-from
	case n == 1 && strings.HasSuffix(span, "-"):
		e["time"], e["duration"] = from, nil
	case n == 1:
		e["time"] = from
	default:
		t.Fatalf("%q: %v", spec, err)
	}
	return encode(t, e)
}

// state gives all events of the channel in short, by name.
func (k *track) state(t *testing.T) string {
	t.Helper()
	var all []string
	for _, e := range k.items(t, "owner", "events.get", k.channel, "?state=all&limit=1000&fromTime=-1e300&toTime=1e300") {
		name := nameOf(e["id"].(string))
		if e["trashed"] == true {
			name = "~" + name
		}
		if e["folderId"] != nil {
			name += "@" + e["folderId"].(string)
		}
		text := fmt.Sprint(name, " ", e["time"])
		if d, period := e["duration"]; period {
			text += "-"
			if d != nil {
				text += fmt.Sprint(e["time"].(float64) + d.(float64))
			}
		}
		all = append(all, text)
	}
	slices.SortFunc(all, func(a, b string) int { return strings.Compare(strings.Trim(a, "~"), strings.Trim(b, "~")) })
	return strings.Join(all, ", ")
}

// try does something in short and gives what came of it: "create n 5-10",
// "start n@x 5", "stop {…}", "update a {…}", "channel {…}".
func (k *track) try(t *testing.T, who, do string) string {
	t.Helper()
	verb, rest, _ := strings.Cut(do, " ")
	place := k.channel
	method := "events." + verb
	switch verb {
	case "create":
		rest = eventSpec(t, rest)
	case "start":
		e := decode[map[string]any](t, eventSpec(t, rest+"-"))
		delete(e, "duration")
		rest = encode(t, e)
	case "update", "delete":
		name, body, _ := strings.Cut(rest, " ")
		place, rest = k.channel+"/"+eventOf(name), body
	case "channel":
		method = "channels.update"
	case "folder":
		name, body, _ := strings.Cut(rest, " ")
		method, place, rest = "folders.update", k.channel+"/"+name, body
	}
	answer, err := k.invoke(t, who, method, place, rest)
	if err != nil {
		return refusal(t, err)
	}
	var got struct{ StoppedID *string }
	if err := json.Unmarshal([]byte(answer), &got); err == nil && got.StoppedID != nil {
		return "ok stops " + nameOf(*got.StoppedID)
	}
	return "ok"
}

// refusal gives the error's code and the events that its data names.
func refusal(t *testing.T, err error) string {
	t.Helper()
	var e *activity.Error
	if !errors.As(err, &e) {
		t.Fatal(err)
	}
	if _, faults := e.Data.([]activity.Fault); faults || e.Data == nil {
		return outcome(err)
	}
	word := string(e.Code)
	data := decode[map[string]any](t, encode(t, e.Data))
	for _, key := range slices.Sorted(maps.Keys(data)) {
		word += " " + key
		ids, several := data[key].([]any)
		if !several {
			ids = []any{data[key]}
		}
		for _, id := range ids {
			word += " " + nameOf(fmt.Sprint(id))
		}
	}
	return word
}

// check does something in a channel with what is given, and expects an outcome
// and what there is then; "" for no change.
func (k *track) check(t *testing.T, ruled bool, given, do, want, state string) {
	t.Helper()
	k.next(t, ruled, given)
	if state == "" {
		state = k.state(t)
	}
	if got := k.try(t, "owner", do); got != want {
		t.Errorf("%s: %s: got %s, want %s", given, do, got, want)
	}
	if got := k.state(t); got != state {
		t.Errorf("%s: %s: then there is %s, want %s", given, do, got, state)
	}
}
