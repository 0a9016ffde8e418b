package report

import (
	"fmt"
	"io"
	"strings"
)

// Table is a table of text, the first row of which is its head.
type Table [][]string

// Add appends a row.
func (t *Table) Add(cells ...string) { *t = append(*t, cells) }

// WriteTo writes the table as Markdown, with its columns under each other.
func (t Table) WriteTo(w io.Writer) (int64, error) {
	var widths []int
	for _, row := range t {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 3)
			}
			widths[i] = max(widths[i], len(cell))
		}
	}
	var b strings.Builder
	for i, row := range t {
		writeRow(&b, row, widths)
		if i == 0 {
			rule := make([]string, len(widths))
			for j := range rule {
				rule[j] = strings.Repeat("-", widths[j])
			}
			writeRow(&b, rule, widths)
		}
	}
	n, err := io.WriteString(w, b.String())
	return int64(n), err
}

func writeRow(b *strings.Builder, row []string, widths []int) {
	for i, width := range widths {
		cell := ""
		if i < len(row) {
			cell = row[i]
		}
		fmt.Fprintf(b, "| %-*s ", width, cell)
	}
	b.WriteString("|\n")
}

// Count writes a number with commas between its thousands.
func Count(n int64) string {
	if n < 0 {
		return "-" + Count(-n)
	}
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", Count(n/1000), n%1000)
}

// Number writes a figure with three digits that count, a large or a whole one
// without a fraction.
func Number(v float64) string {
	switch {
	case v >= 1000 || v <= -1000 || v == float64(int64(v)):
		return Count(int64(v))
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}
