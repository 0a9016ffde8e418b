package api_test

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// span is an event of the plain model: to is infinite while it runs, NaN for a
// mark.
type span struct {
	name, folder string
	from, to     float64
	trashed      bool
}

func (e *span) mark() bool    { return math.IsNaN(e.to) }
func (e *span) running() bool { return math.IsInf(e.to, 1) }

// line is the plain model of a channel's periods, written from the API's text:
// it looks at every event each time. The access part writes in folder x and
// reads y; owner may do all.
type line struct {
	ruled  bool
	events []*span
}

func (l *line) sees(who string, e *span) bool {
	return who == "owner" || e.folder == "x" || e.folder == "y"
}
func (l *line) writes(who string, e *span) bool { return who == "owner" || e.folder == "x" }

func (l *line) find(name string) *span {
	for _, e := range l.events {
		if e.name == name {
			return e
		}
	}
	return nil
}

// inTheWay gives the running period that began at or before e, and all others
// that share more than a touch with it.
func (l *line) inTheWay(e *span) (before *span, others []*span) {
	for _, o := range l.events {
		switch {
		case o.name == e.name || o.trashed || o.mark():
		case o.running() && o.from <= e.from:
			before = o
		case o.from < e.to && e.from < o.to:
			others = append(others, o)
		}
	}
	return before, others
}

func (l *line) overlap(who string, others []*span) string {
	slices.SortFunc(others, func(a, b *span) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to), strings.Compare(a.name, b.name))
	})
	word := "periods-overlap overlappedIds"
	for _, o := range others {
		if l.sees(who, o) {
			word += " " + o.name
		}
	}
	return word
}

func (l *line) end(who string, before *span, at float64) string {
	if before == nil {
		return "ok"
	}
	if !l.writes(who, before) {
		return "forbidden"
	}
	before.to = at
	return "ok stops " + before.name
}

func (l *line) create(who string, e span) string {
	word := "ok"
	if l.ruled && !e.mark() && !e.trashed {
		before, others := l.inTheWay(&e)
		if len(others) > 0 {
			return l.overlap(who, others)
		}
		if word = l.end(who, before, e.from); word == "forbidden" {
			return word
		}
	}
	l.events = append(l.events, &e)
	return word
}

func (l *line) update(who string, next span) string {
	old := l.find(next.name)
	if !l.writes(who, old) {
		return "forbidden"
	}
	word := "ok"
	same := old.from == next.from && old.to == next.to && !old.trashed
	if l.ruled && !next.mark() && !next.trashed && !same {
		starts := next.running() && !old.running()
		before, others := l.inTheWay(&next)
		if before != nil && (!starts || old.trashed) {
			others, before = append(others, before), nil
		}
		later := slices.DeleteFunc(slices.Clone(others), func(o *span) bool { return o.from < next.from || o.running() && o.from == next.from })
		if starts && len(later) > 0 {
			return l.conflict(who, later)
		}
		if len(others) > 0 {
			return l.overlap(who, others)
		}
		if word = l.end(who, before, next.from); word == "forbidden" {
			return word
		}
	}
	*old = next
	return word
}

func (l *line) conflict(who string, later []*span) string {
	if ids := strings.Fields(l.overlap(who, later))[2:]; len(ids) > 0 {
		return "invalid-operation conflictingPeriodId " + ids[0]
	}
	return "invalid-operation"
}

func (l *line) stop(who, name string, at float64) string {
	e := l.find(name)
	if name == "" {
		if !l.ruled {
			return "missing-parameter missing id"
		}
		for _, o := range l.events {
			if o.running() && !o.trashed && l.sees(who, o) {
				e = o
			}
		}
		if e == nil {
			return "ok"
		}
	}
	switch {
	case !l.writes(who, e):
		return "forbidden"
	case !e.running() || e.trashed || at < e.from:
		return "invalid-operation"
	}
	return l.end(who, e, at)
}

func (l *line) switchOn() string {
	var found []*span
	for _, e := range l.events {
		if e.trashed || e.mark() {
			continue
		}
		for _, o := range l.events {
			if o != e && !o.trashed && o.from < e.to && e.from < o.to {
				found = append(found, e)
				break
			}
		}
	}
	if len(found) > 0 && !l.ruled {
		return l.overlap("owner", found)
	}
	l.ruled = true
	return "ok"
}

// state writes all events as track.state does.
func (l *line) state() string {
	var all []string
	for _, e := range l.events {
		text := e.name
		if e.folder != "" {
			text += "@" + e.folder
		}
		text += fmt.Sprint(" ", e.from)
		switch {
		case e.running():
			text += "-"
		case !e.mark():
			text += fmt.Sprint("-", e.to)
		}
		if e.trashed {
			text = "~" + text
		}
		all = append(all, text)
	}
	slices.SortFunc(all, func(a, b string) int { return strings.Compare(strings.Trim(a, "~"), strings.Trim(b, "~")) })
	return strings.Join(all, ", ")
}

// stroll does the same random things to the service and to the model.
type stroll struct {
	*track
	r     *rand.Rand
	line  line
	names string // not used yet
	trail []string
}

func TestPeriodsAsTheModel(t *testing.T) { inEachWorld(t, testPeriodsAsTheModel) }

func testPeriodsAsTheModel(t *testing.T, w *world) {
	k := &track{world: w}
	for _, seed := range []uint64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, rand.Uint64()} { // the last is new in each run
		w := &stroll{track: k, r: rand.New(rand.NewPCG(seed, 5)), names: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"}
		k.next(t, true, "")
		w.line.ruled = true
		permissions := `[{"channelId":"` + k.channel + `","level":"read","folderPermissions":[{"folderId":"x","level":"contribute"},{"folderId":"y","level":"read"}]}]`
		k.tokens["part"] = k.give(t, k.tokens["owner"], access("shared", k.channel, permissions))["token"].(string)
		for range 130 {
			who, do, want := w.step()
			w.trail = append(w.trail, who+": "+do)
			if got := k.try(t, who, do); got != want {
				t.Fatalf("seed %d\n%s\ngot %s, want %s; there is %s", seed, strings.Join(w.trail, "\n"), got, want, w.line.state())
			}
			if got, want := k.state(t), w.line.state(); got != want {
				t.Fatalf("seed %d\n%s\nthere is %s, want %s", seed, strings.Join(w.trail, "\n"), got, want)
			}
		}
	}
}

// step chooses what to do, does it to the model and gives what the service must
// answer.
func (w *stroll) step() (who, do, want string) {
	who = []string{"owner", "owner", "part"}[w.r.IntN(3)]
	n := w.r.IntN(20)
	switch {
	case n == 0 && w.line.ruled && w.r.IntN(4) == 0:
		w.line.ruled = false
		return "owner", `channel {"enforceNoEventsOverlap": false}`, "ok"
	case n <= 3 && !w.line.ruled:
		return "owner", `channel {"enforceNoEventsOverlap": true}`, w.line.switchOn()
	case n < 9 && w.names != "":
		return w.create(who)
	case n < 12 || len(w.line.events) == 0:
		return w.stop(who)
	}
	return w.update(who)
}

func (w *stroll) create(who string) (string, string, string) {
	e := span{name: w.names[:1], folder: "x", from: float64(w.r.IntN(30)), trashed: w.r.IntN(8) == 0}
	if who == "owner" {
		e.folder = []string{"", "x", "y"}[w.r.IntN(3)]
	}
	text := e.name
	if e.folder != "" {
		text += "@" + e.folder
	}
	if e.trashed {
		text = "~" + text
	}
	text += fmt.Sprint(" ", e.from)
	verb := "create"
	switch n := w.r.IntN(10); {
	case n == 0:
		e.to = math.NaN()
	case n < 3:
		e.to, verb = math.Inf(1), "start"
	case n < 5:
		e.to = math.Inf(1)
		text += "-"
	default:
		e.to = e.from + float64(w.r.IntN(5))
		text += fmt.Sprint("-", e.to)
	}
	want := w.line.create(who, e)
	if strings.HasPrefix(want, "ok") {
		w.names = w.names[1:]
	}
	return who, verb + " " + text, want
}

func (w *stroll) any() *span { return w.line.events[w.r.IntN(len(w.line.events))] }

func (w *stroll) stop(who string) (string, string, string) {
	at, name, text := float64(w.r.IntN(40)), "", ""
	if w.r.IntN(2) == 0 && len(w.line.events) > 0 {
		name = w.any().name
		text = `, "id": "` + eventOf(name) + `"`
	}
	return who, fmt.Sprintf(`stop {"time": %v%s}`, at, text), w.line.stop(who, name, at)
}

func (w *stroll) update(who string) (string, string, string) {
	next := *w.any()
	var parts []string
	if w.r.IntN(3) == 0 {
		from := float64(w.r.IntN(30))
		next.to += from - next.from // infinity and NaN stay
		next.from = from
		parts = append(parts, fmt.Sprintf(`"time": %v`, from))
	}
	switch w.r.IntN(7) {
	case 0, 1:
		seconds := float64(w.r.IntN(6))
		next.to = next.from + seconds
		parts = append(parts, fmt.Sprintf(`"duration": %v`, seconds))
	case 2, 3:
		next.to = math.Inf(1)
		parts = append(parts, `"duration": null`)
	case 4:
		next.to = math.NaN()
		parts = append(parts, `"unset": ["duration"]`)
	}
	if w.r.IntN(3) == 0 {
		next.trashed = w.r.IntN(3) == 0
		parts = append(parts, fmt.Sprintf(`"trashed": %t`, next.trashed))
	}
	return who, "update " + next.name + " {" + strings.Join(parts, ", ") + "}", w.line.update(who, next)
}
