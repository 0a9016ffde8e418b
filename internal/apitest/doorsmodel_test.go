package apitest_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/apitest/stores"
	"github.com/activityd/activityd/internal/realtime"
	"github.com/activityd/activityd/internal/storage/storagetest/scopemodel"
)

// TestDoors sends the same random requests, as several accesses, to users by
// REST, in batches, as forms, and over sockets as commands and as events of the
// method's name: all answers are the same, and the book's.
func TestDoors(t *testing.T) {
	t.Parallel()
	stores.Each(t, testDoors)
}

func testDoors(t *testing.T, kind stores.Kind) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	h := open(t, kind)
	s := &stepper{Rand: rand.New(rand.NewPCG(seed, 2)), book: newBook()}
	doors := []*door{h.openDoor(t, "rest"), h.openDoor(t, "batch"), h.openDoor(t, "form"), h.openDoor(t, "command"), h.openDoor(t, "event")}
	address, _ := h.serveSockets(t, realtime.Options{}, nil)
	for _, d := range doors {
		d.address = address
	}
	const looks = 150
	done := map[string]int{}
	for n := range doorSteps {
		who := s.who()
		steps := make([]step, 1+s.IntN(4))
		for i := range steps {
			for steps[i] = s.next(); steps[i].target != "" && makes(steps[:i], steps[i].target); {
				steps[i] = s.next() // the id is not known before the answer
			}
		}
		compare(t, s.book, doors, who, steps, done)
		if (n+1)%looks == 0 {
			look(t, s.book, doors)
		}
		if t.Failed() {
			t.FailNow()
		}
	}
	t.Log(done)
	for _, m := range []string{"channels.create", "channels.delete", "folders.create", "folders.update", "folders.delete", "events.create", "events.update", "events.delete", "accesses.create"} {
		if done[m] < 1 || done[m+" refused"] < 1 {
			t.Errorf("%s succeeded %d times and was refused %d times: the steps miss their aim", m, done[m], done[m+" refused"])
		}
	}
}

// makes reports whether one of the steps is to make an access of that name.
func makes(steps []step, access string) bool {
	return slices.ContainsFunc(steps, func(s step) bool { return s.method == "accesses.create" && s.params["name"] == quote(access) })
}

// who gives who asks next: the owner ("") or an access, at times a deleted one.
func (s *stepper) who() string {
	names := s.book.names()
	if s.chance(2) {
		return "Access 0"
	}
	if len(names) == 0 || s.chance(50) {
		return ""
	}
	return names[s.IntN(len(names))]
}

// as gives the access of that name, nil when there is none.
func (b *book) as(who string) *activity.Access {
	if who == "" {
		return &activity.Access{Type: activity.PersonalAccess}
	}
	return b.accesses[who]
}

func compare(t *testing.T, b *book, doors []*door, who string, steps []step, done map[string]int) {
	t.Helper()
	if who != "" && doors[0].tokens[who] == "" {
		return // there was never one of this name
	}
	var answers [][]reply
	for _, d := range doors {
		answers = append(answers, d.send(t, who, steps))
	}
	for i, s := range steps {
		want := []string{"invalid-access-token"}
		if access := b.as(who); access != nil {
			want = s.apply(b.actor(*access, ""))
		}
		first := answers[0][i]
		if first.ID == "" && want == nil {
			done[s.method]++
		} else {
			done[s.method+" refused"]++
		}
		if first.ID == "" && want != nil || first.ID != "" && !slices.Contains(want, first.ID) {
			t.Errorf("%q: %s %s %s\nwant one of %q, got %s", who, s.method, s.params.object(), s.target, want, first)
		}
		for k, d := range doors {
			if s.method == "accesses.delete" && s.target == who && (d.kind == "command" || d.kind == "event") && answers[k][i].ID == "invalid-access-token" {
				continue // the machine was slow: the socket went with its access before the answer
			}
			if a, b := comparable(t, first), comparable(t, answers[k][i]); a != b {
				t.Errorf("%q: %s %s %s\nby REST %s\nby %s %s", who, s.method, s.params.object(), s.target, a, d.kind, b)
			}
		}
	}
}

// look reads all as everybody.
func look(t *testing.T, b *book, doors []*door) {
	t.Helper()
	for _, who := range append(b.names(), "") {
		reads := []step{{method: "channels.get", params: given{"state": `"all"`}}, {method: "accesses.get", params: given{}}, {method: "accessInfo.get", params: given{}}}
		for c := range scopemodel.Channels {
			channel := given{"channelId": quote(fmt.Sprint("c", c)), "state": `"all"`}
			reads = append(reads, step{method: "folders.get", params: channel.with("includeHidden", "true")},
				step{method: "events.get", params: channel.with("limit", "100000")})
		}
		var answers [][]reply
		for _, d := range doors {
			answers = append(answers, d.send(t, who, reads))
		}
		for i, read := range reads {
			for k, d := range doors {
				if a, b := comparable(t, answers[0][i]), comparable(t, answers[k][i]); a != b {
					t.Errorf("%q: %s %s\nby REST %s\nby %s %s", who, read.method, read.params.object(), a, d.kind, b)
				}
			}
			want, got := b.read(*b.as(who), read), seen(t, read, answers[0][i])
			if !slices.Equal(want, got) {
				t.Errorf("%q: %s %s\nwant %q\ngot  %q", who, read.method, read.params.object(), want, got)
			}
		}
	}
}

// read gives a line for each item that a read must show, in any fixed order.
func (b *book) read(access activity.Access, read step) (lines []string) {
	id := text(read.params["channelId"])
	a := b.actor(access, id)
	switch read.method {
	case "channels.get":
		for id, c := range b.channels {
			if scopemodel.ChannelLevel(access, activity.ChannelID(id)) >= activity.Read {
				lines = append(lines, fmt.Sprintf("%s %s %v", id, c.name, c.trashed))
			}
		}
	case "accesses.get":
		for name, other := range b.accesses {
			if a.manages(other.Permissions) {
				lines = append(lines, name+" "+permissionsJSON(other.Permissions))
			}
		}
	case "folders.get", "events.get":
		if refused := a.enter(false); refused != nil {
			return refused
		}
		lines = a.list(read.method)
	}
	slices.Sort(lines)
	return lines
}

func (a actor) list(method string) (lines []string) {
	if method == "events.get" {
		for id, e := range a.channel.events {
			if a.level(e.folder) >= activity.Read {
				lines = append(lines, fmt.Sprint(id, e.folder, e.value, e.time, e.trashed))
			}
		}
		return lines
	}
	for id, f := range a.channel.folders {
		if a.level(id) < activity.Read {
			continue
		}
		parent := f.parent
		if whole, _ := a.whole(); whole < activity.Read && a.level(parent) < activity.Read {
			parent = ""
		}
		lines = append(lines, fmt.Sprint(id, parent, f.name, f.hidden, f.trashed))
	}
	return lines
}

// item is what a read shows of any item.
type item struct {
	ID, Name, Type  any
	ParentID        string
	FolderID        string
	Hidden, Trashed bool
	Time            float64
	Value           json.RawMessage
	Permissions     []activity.Permission
	Children        []item
}

// seen gives the lines that an answer shows.
func seen(t *testing.T, read step, answer reply) (lines []string) {
	t.Helper()
	if answer.status >= http.StatusBadRequest {
		return []string{answer.ID}
	}
	if read.method == "accessInfo.get" {
		return nil
	}
	var items []item
	if err := json.Unmarshal([]byte(answer.body), &items); err != nil {
		t.Fatalf("%s: %v", answer, err)
	}
	lines = shown(read.method, items, "")
	slices.Sort(lines)
	return lines
}

func shown(method string, items []item, parent string) (lines []string) {
	for _, i := range items {
		switch method {
		case "channels.get":
			lines = append(lines, fmt.Sprintf("%s %s %v", i.ID, i.Name, i.Trashed))
		case "accesses.get":
			lines = append(lines, fmt.Sprintf("%s %s", i.Name, permissionsJSON(i.Permissions)))
		case "events.get":
			lines = append(lines, fmt.Sprint(i.ID, i.FolderID, string(i.Value), i.Time, i.Trashed))
		case "folders.get":
			if i.ParentID != parent {
				lines = append(lines, fmt.Sprintf("%s stands below %q and says %q", i.ID, parent, i.ParentID))
			}
			lines = append(lines, fmt.Sprint(i.ID, i.ParentID, i.Name, i.Hidden, i.Trashed))
			lines = append(lines, shown(method, i.Children, strings.TrimSpace(fmt.Sprint(i.ID)))...)
		}
	}
	return lines
}
