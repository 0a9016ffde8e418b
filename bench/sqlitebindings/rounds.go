package main

import "fmt"

// groupSizes and the number of groups of each: enough to be steady, few
// enough for a whole run of minutes. The last fills the file that is read.
var groupSizes = [...]struct{ size, groups int }{{1, 1500}, {8, 500}, {64, 800}}

func metrics() []string {
	var names []string
	for _, g := range groupSizes {
		names = append(names, rowsMetric(g.size), cpuMetric(g.size))
	}
	return append(names, "newest 20, us", "page of 1000, us")
}

func rowsMetric(size int) string { return fmt.Sprintf("group %d, rows/s", size) }
func cpuMetric(size int) string  { return fmt.Sprintf("group %d, us CPU/row", size) }

// one measures a candidate once, each group size on a file of its own.
func one(c candidate, path string, into map[string][]float64) error {
	for _, g := range groupSizes {
		file := fmt.Sprintf("%s-%d.db", path, g.size)
		if err := write(c, file, g.size, g.groups, into); err != nil {
			return fmt.Errorf("groups of %d: %w", g.size, err)
		}
	}
	last := groupSizes[len(groupSizes)-1].size
	return read(c, fmt.Sprintf("%s-%d.db", path, last), into)
}

func write(c candidate, file string, size, groups int, into map[string][]float64) error {
	b, err := c.open(file, true)
	if err != nil {
		return err
	}
	if err := b.script(schema); err != nil {
		return err
	}
	src := newSource(channels, false)
	if err := b.create(src.group(size)); err != nil { // prepares the statements
		return err
	}
	ready := make([][]event, groups)
	for i := range ready {
		ready[i] = src.group(size)
	}
	took, err := measure(func() error {
		for _, g := range ready {
			if err := b.create(g); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	wall, cpu := took.perRow(size * groups)
	into[rowsMetric(size)] = append(into[rowsMetric(size)], 1e6/wall)
	into[cpuMetric(size)] = append(into[cpuMetric(size)], cpu)
	return b.close()
}

func read(c candidate, file string, into map[string][]float64) error {
	b, err := c.open(file, false)
	if err != nil {
		return err
	}
	newest := func(channel int64) (int, int, error) { return b.newest(channel, 20) }
	page := func(channel int64) (int, int, error) { return b.page(channel, "c", 1000) }
	for _, m := range []struct {
		name         string
		want, passes int
		query        func(channel int64) (int, int, error)
	}{
		{"newest 20, us", 20, 50, newest},
		{"page of 1000, us", 1000, 5, page},
	} {
		if err := sweep(m.query, 1, m.want); err != nil { // warms the cache
			return err
		}
		took, err := measure(func() error { return sweep(m.query, m.passes, m.want) })
		if err != nil {
			return err
		}
		wall, _ := took.perRow(m.passes * channels)
		into[m.name] = append(into[m.name], wall)
	}
	return b.close()
}

// sweep runs a query for every channel and checks that it was answered whole.
func sweep(query func(channel int64) (int, int, error), passes, want int) error {
	for range passes {
		for channel := range int64(channels) {
			rows, bytes, err := query(channel + 1)
			if err != nil {
				return err
			}
			if rows != want || bytes != want*(25+bodySize) {
				return fmt.Errorf("channel %d: %d rows, %d bytes", channel+1, rows, bytes)
			}
		}
	}
	return nil
}
