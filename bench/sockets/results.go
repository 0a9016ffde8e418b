//go:build linux

package main

import (
	"fmt"
	"io"
	"slices"

	"github.com/activityd/activityd/bench/report"
)

// figure is one thing that was measured.
type figure struct {
	name  string
	value float64
	unit  string // behind the name; empty for a bare number
	goal  string // what ours is to reach, or empty
}

// results are all figures, in rows of one name.
type results struct {
	contenders []contender
	rows       []row
}

type row struct {
	figure // of the first contender that has it
	values map[string]figure
}

func (r *results) add(contender string, figures []figure) {
	for _, f := range figures {
		i := slices.IndexFunc(r.rows, func(o row) bool { return o.name == f.name })
		if i < 0 {
			i = len(r.rows)
			r.rows = append(r.rows, row{f, make(map[string]figure)})
		}
		r.rows[i].values[contender] = f
	}
}

// print prints one table of all.
func (r *results) print(w io.Writer) error {
	head := []string{""}
	for _, c := range r.contenders {
		head = append(head, c.name)
	}
	both := len(r.contenders) == 2
	if both {
		head = append(head, "ratio")
	}
	table := report.Table{append(head, "to reach")}
	for _, row := range r.rows {
		name := row.name
		if row.unit != "" {
			name += ", " + row.unit
		}
		cells := []string{name}
		for _, c := range r.contenders {
			cell := ""
			if f, ok := row.values[c.name]; ok {
				cell = report.Number(f.value)
			}
			cells = append(cells, cell)
		}
		if both {
			cells = append(cells, ratio(row.values[r.contenders[0].name], row.values[r.contenders[1].name]))
		}
		table.Add(append(cells, row.goal)...)
	}
	if _, err := fmt.Fprintln(w); err != nil {
		return err
	}
	_, err := table.WriteTo(w)
	return err
}

func ratio(a, b figure) string {
	if a.value <= 0 || b.value <= 0 {
		return ""
	}
	return fmt.Sprintf("%.2f", a.value/b.value)
}
