//go:build linux

package main

import (
	"fmt"
	"io"
	"slices"

	"github.com/activityd/activityd/bench/report"
)

// results are all figures, in rows of one name, with a column for each subject
// and a value for each round; and what the processor was used for.
type results struct {
	rows []*row
	uses []*use
}

type row struct {
	name, unit, goal string
	values           map[string][]float64 // by subject
}

// use is the processor time of one operation, added up over the rounds.
type use struct {
	name, subject string
	rounds        float64
	used
}

// used is in microseconds; busy is the part of all cores.
type used struct{ server, mongod, load, busy float64 }

func (u *use) add(o used) {
	u.rounds++
	u.server += o.server
	u.mongod += o.mongod
	u.load += o.load
	u.busy += o.busy
}

// use gives the row of a subject.
func (r *results) use(name, subject string) *use {
	for _, u := range r.uses {
		if u.name == name && u.subject == subject {
			return u
		}
	}
	r.uses = append(r.uses, &use{name: name, subject: subject})
	return r.uses[len(r.uses)-1]
}

// add adds the value of one round.
func (r *results) add(name, unit, goal, subject string, value float64) {
	i := slices.IndexFunc(r.rows, func(o *row) bool { return o.name == name })
	if i < 0 {
		i = len(r.rows)
		r.rows = append(r.rows, &row{name, unit, goal, make(map[string][]float64)})
	}
	r.rows[i].values[subject] = append(r.rows[i].values[subject], value)
}

// place is that of a name among the rows.
func (r *results) place(name string) int {
	return slices.IndexFunc(r.rows, func(o *row) bool { return o.name == name })
}

// columns are the subjects as the table has them.
func columns() []string {
	return []string{ours, peer, insert, transaction, find, stream}
}

func (r *results) print(w io.Writer) error {
	var names []string
	for _, c := range columns() {
		if slices.ContainsFunc(r.rows, func(o *row) bool { return len(o.values[c]) > 0 }) {
			names = append(names, c)
		}
	}
	head := append([]string{""}, names...)
	compared := slices.Contains(names, ours) && slices.Contains(names, peer)
	if compared {
		head = append(head, ours+" : "+peer)
	}
	table := report.Table{append(head, "to reach")}
	for _, row := range r.rows {
		cells := []string{row.name + ", " + row.unit}
		for _, n := range names {
			cells = append(cells, cell(row.values[n]))
		}
		if compared {
			cells = append(cells, ratio(mean(row.values[ours]), mean(row.values[peer])))
		}
		table.Add(append(cells, row.goal)...)
	}
	if _, err := fmt.Fprintln(w); err != nil {
		return err
	}
	if _, err := table.WriteTo(w); err != nil {
		return err
	}
	return r.printUses(w)
}

func (r *results) printUses(w io.Writer) error {
	if len(r.uses) == 0 {
		return nil
	}
	slices.SortStableFunc(r.uses, func(a, b *use) int {
		return r.place(a.name) - r.place(b.name)
	})
	table := report.Table{{"CPU per operation, us", "", "server", "mongod", "load", "all", "of the cores"}}
	for _, u := range r.uses {
		n := u.rounds
		table.Add(u.name, u.subject, report.Number(u.server/n), report.Number(u.mongod/n), report.Number(u.load/n),
			report.Number((u.server+u.mongod+u.load)/n), fmt.Sprintf("%.0f %%", 100*u.busy/n))
	}
	if _, err := fmt.Fprintln(w); err != nil {
		return err
	}
	_, err := table.WriteTo(w)
	return err
}

// cell gives the mean, and behind it the lowest and the highest.
func cell(values []float64) string {
	switch len(values) {
	case 0:
		return ""
	case 1:
		return report.Number(values[0])
	}
	return fmt.Sprintf("%s (%s-%s)", report.Number(mean(values)), report.Number(slices.Min(values)), report.Number(slices.Max(values)))
}

func ratio(a, b float64) string {
	if a <= 0 || b <= 0 {
		return ""
	}
	return fmt.Sprintf("%.2f", a/b)
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(max(1, len(values)))
}
