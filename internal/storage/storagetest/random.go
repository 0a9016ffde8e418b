package storagetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/storagetest/model"
)

func randomCases() []testCase {
	var cases []testCase
	for _, seed := range []uint64{1, 2, 3, rand.Uint64()} { // the last is new in each run: the log names it
		name := fmt.Sprint("seed ", seed)
		if seed > 3 {
			name = "a new seed"
		}
		cases = append(cases, testCase{name: name, check: func(t *testing.T, s storage.Store) { randomOperations(t, s, seed) }})
	}
	return cases
}

// randomOperations does the same to the store and to the reference model, and
// compares results, codes, changes and all that both hold after each unit.
func randomOperations(t *testing.T, s storage.Store, seed uint64) {
	const units, queries = 130, 4
	t.Logf("seed %d", seed)
	w := &walk{tenant: newTenant(t, s), r: rand.New(rand.NewPCG(seed, 1)), m: &model.Tenant{}}
	for range 40 {
		w.events = append(w.events, newEventID())
	}
	defer func() {
		if t.Failed() {
			t.Logf("the last steps:\n%s", strings.Join(w.trail[max(0, len(w.trail)-25):], "\n"))
		}
	}()
	for range units {
		if w.r.IntN(9) == 0 {
			w.mergeFolder()
		} else {
			w.unit()
		}
		w.compareStates()
		for range queries {
			w.query()
		}
	}
}

// walk is one run of random operations.
type walk struct {
	*tenant
	r      *rand.Rand
	m      *model.Tenant
	events []activity.EventID // ids to choose from, so that they meet
	trail  []string
}

// step is one operation on both sides. mirror does it to the model with what
// do left of the item: its times.
type step struct {
	text   string
	do     func(storage.Tx) error
	mirror func(*model.Tenant) []activity.Code
}

// unit runs one to four random steps in a unit of work, which fails at times.
// A step that fails does not end the unit.
func (w *walk) unit() {
	w.t.Helper()
	steps := make([]step, 1+w.r.IntN(4))
	for i := range steps {
		steps[i] = w.step()
	}
	fails := w.r.IntN(8) == 0
	errs := make([]error, len(steps))
	head := w.head()
	err := w.Update(w.t.Context(), w.origin, func(tx storage.Tx) error {
		for i, s := range steps {
			errs[i] = s.do(tx)
		}
		if fails {
			return errOwn
		}
		return nil
	})
	if (err != nil) != fails {
		w.t.Fatalf("a unit that fails (%t) gave %v", fails, err)
	}
	next := w.m.Clone()
	known := len(next.Changes)
	for i, s := range steps {
		w.trail = append(w.trail, fmt.Sprintf("%s: %v (unit fails: %t)", s.text, errs[i], fails))
		w.checkCode(errs[i], s.mirror(next))
	}
	if fails {
		next = w.m
	}
	w.m = next
	w.matchLog(head, next.Changes[known:])
}

// checkCode fails the test unless err is one of the codes, or nil for none.
func (w *walk) checkCode(err error, refused []activity.Code) {
	w.t.Helper()
	if err == nil && refused == nil {
		return
	}
	if !slices.ContainsFunc(refused, func(code activity.Code) bool { return isCode(err, code) }) {
		w.t.Fatalf("%s\nthe store gives %v, the model one of %v", w.trail[len(w.trail)-1], err, refused)
	}
}

// matchLog compares what was logged with what the model wants, and takes the
// times of deletions over.
func (w *walk) matchLog(head activity.Seq, want []activity.Change) {
	w.t.Helper()
	got := w.log(head)
	sameChanges(w.t, got, want...)
	checkSequence(w.t, w.user.ID, head, got)
	for _, c := range got {
		if c.Action != activity.Deleted || w.m.Channel(c.Channel) == nil {
			continue
		}
		gone := w.m.Channel(c.Channel).Gone
		for i, g := range gone {
			withFolder := c.Kind == activity.FolderKind && slices.Contains(g.Chain, activity.FolderID(c.Item))
			if g.Deleted == 0 && (withFolder || c.Kind == activity.EventKind && string(g.ID) == c.Item) {
				gone[i].Deleted = c.Time
			}
		}
	}
}

// mergeFolder deletes a folder with its events moved to its parent, and waits
// for the sweep.
func (w *walk) mergeFolder() {
	w.t.Helper()
	channel, id := w.channelID(), w.folderID()
	next := w.m.Clone()
	refused, moved := next.DeleteFolder(channel, id, true)
	from, head := position(w.t, w.store), w.head()
	err := w.Update(w.t.Context(), w.origin, func(tx storage.Tx) error { return tx.DeleteFolder(w.t.Context(), channel, id, true) })
	w.trail = append(w.trail, fmt.Sprintf("merge folder %s of %s: %v", id, channel, err))
	w.checkCode(err, refused)
	if err != nil {
		return
	}
	told := w.awaitMoves(from, moved)
	old := w.m.Channel(channel)
	w.m = next
	changes := w.log(head)
	sameChanges(w.t, changes[:1], next.Changes[len(next.Changes)-1])
	checkSequence(w.t, w.user.ID, head, changes)
	if len(changes) != 1+len(moved) {
		w.t.Fatalf("the merge of %d events is\n%s", len(moved), changeTexts(changes))
	}
	for _, event := range moved {
		e := w.m.Channel(channel).Event(event)
		before := old.Chain(old.Event(event).FolderID)
		want := activity.Change{Kind: activity.EventKind, Action: activity.Updated, Item: string(event), Channel: channel, Before: before, After: next.Channel(channel).Chain(e.FolderID)}
		sameChanges(w.t, []activity.Change{told[event]}, want)
		e.Modified, e.ModifiedBy = told[event].Time, w.event(channel, event).ModifiedBy
	}
}

// compareStates compares all that both sides hold.
func (w *walk) compareStates() {
	w.t.Helper()
	var got, want []string
	s := w.structure()
	for _, c := range s.Channels() {
		got = append(got, channelText(c))
		for _, root := range s.Tree(c.ID).Children("") {
			for id := range s.Tree(c.ID).Below(root) {
				f, _ := s.Tree(c.ID).Folder(id)
				got = append(got, folderText(f)+chainText(s.Tree(c.ID).Chain(id)))
			}
		}
		for _, e := range w.list(everything(c.ID)) {
			got = append(got, text(e))
		}
	}
	for _, a := range s.Accesses() {
		got = append(got, accessText(a))
	}
	for _, c := range w.m.Channels {
		want = append(want, channelText(c.Channel))
		for _, f := range c.Folders {
			want = append(want, folderText(f)+chainText(c.Chain(f.ID)))
		}
		for _, e := range c.Events {
			want = append(want, text(e))
		}
	}
	for _, a := range w.m.Accesses {
		want = append(want, accessText(a))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		w.t.Fatalf("the store holds\n%s\nthe model\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
