package sqlite

import (
	"strings"
	"testing"

	"zombiezen.com/go/sqlite"
)

// Lists read rows in the order in which the table has them: no statement may
// sort a channel, or look through others.
func TestPlansOfLists(t *testing.T) {
	s, err := Open(t.Context(), Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	for kind, sql := range s.lists {
		want := map[listSource]string{
			byTime:     "SEARCH e USING PRIMARY KEY (channel_key=? AND ",
			byModified: "SEARCH e USING INDEX events_modified (channel_key=? AND modified>?)",
			byRunning:  "SEARCH e USING INDEX events_periods (channel_key=? AND end=?",
		}[kind.from]
		plan := planOf(t, s, sql)
		if !strings.Contains(plan, want) {
			t.Errorf("%+v: plan\n%swant %s", kind, plan, want)
		}
		if kind.from == byTime && !strings.Contains(plan, "(time,id)") {
			t.Errorf("%+v does not begin at its cursor:\n%s", kind, plan)
		}
		if sorts := strings.Contains(plan, "TEMP B-TREE"); sorts && kind.from == byTime {
			t.Errorf("%+v sorts:\n%s", kind, plan)
		}
	}
}

func TestPlansOfTheWriter(t *testing.T) {
	s, err := Open(t.Context(), Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	for sql, want := range map[string]string{
		selectTimes:   "SEARCH events USING COVERING INDEX events_periods (channel_key=? AND end>?)",
		selectLinked:  "SEARCH events USING COVERING INDEX events_modified (channel_key=?)",
		selectPeriods: "SEARCH events USING COVERING INDEX events_periods (channel_key=? AND end>?)",
		selectEvent:   "SEARCH e USING INDEX events_id (channel_key=? AND id=?)",
		bury:          "SEARCH events USING INDEX events_id (channel_key=? AND id=?)",
	} {
		if plan := planOf(t, s, sql); !strings.Contains(plan, want) || strings.Contains(plan, "SCAN events") {
			t.Errorf("%s\nplan\n%swant %s", sql, plan, want)
		}
	}
}

func planOf(t *testing.T, s *Store, sql string) string {
	t.Helper()
	var plan strings.Builder
	err := s.read(t.Context(), "explain", func(c *conn) error {
		return c.query("EXPLAIN QUERY PLAN "+sql, func(row *sqlite.Stmt) error {
			plan.WriteString(row.ColumnText(3) + "\n")
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return plan.String()
}
