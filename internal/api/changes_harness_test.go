package api_test

import (
	"net/url"
	"strings"
	"testing"
)

// told is a change as a client reads it.
type told struct {
	Kind, Action, ID, ChannelID string
	Time                        float64
	Item                        map[string]any
}

type toldPage struct {
	Changes []told
	Cursor  string
	More    bool
}

// changes calls changes.get with a query.
func (w *world) changes(t *testing.T, who, query string) toldPage {
	t.Helper()
	return decode[toldPage](t, w.ok(t, who, "changes.get", "", "?"+query))
}

// cursor gives the present cursor.
func (w *world) cursor(t *testing.T, who string) string {
	t.Helper()
	p := w.changes(t, who, "")
	if len(p.Changes) != 0 || p.More || p.Cursor == "" {
		t.Fatalf("without since: %+v", p)
	}
	return p.Cursor
}

// since puts all that follows a cursor into words, "folder b+, event e~, event
// e-", from pages of at most so many changes. Names are those of ids.
func (w *world) since(t *testing.T, who, cursor string, limit string, names map[string]string) string {
	t.Helper()
	var words []string
	for more := true; more; {
		p := w.changes(t, who, "limit="+limit+"&since="+url.QueryEscape(cursor))
		if p.More && p.Cursor == cursor {
			t.Fatalf("%s: the cursor %s does not lead on", who, cursor)
		}
		for _, c := range p.Changes {
			words = append(words, c.word(names))
		}
		cursor, more = p.Cursor, p.More
	}
	return strings.Join(words, ", ")
}

func (c told) word(names map[string]string) string {
	id := c.ID
	if name, ok := names[id]; ok {
		id = name
	}
	return c.Kind + " " + id + map[string]string{"created": "+", "updated": "~", "deleted": "-"}[c.Action]
}
