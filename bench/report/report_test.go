package report_test

import (
	"strings"
	"testing"
	"time"

	"github.com/activityd/activityd/bench/report"
)

func TestPercentiles(t *testing.T) {
	var all []time.Duration
	for i := range 100 {
		all = append(all, time.Duration(100-i))
	}
	got := report.Percentiles(all, 0, 50, 99, 100)
	for i, want := range []time.Duration{1, 51, 100, 100} {
		if got[i] != want {
			t.Errorf("%d: got %d, want %d", i, got[i], want)
		}
	}
	if got := report.Percentiles(nil, 50); got[0] != 0 {
		t.Errorf("of nothing: %v", got)
	}
}

func TestTable(t *testing.T) {
	table := report.Table{{"", "ours"}}
	table.Add("calls", report.Count(1234567))
	table.Add("lost")
	var b strings.Builder
	if _, err := table.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	want := "|       | ours      |\n| ----- | --------- |\n| calls | 1,234,567 |\n| lost  |           |\n"
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}
