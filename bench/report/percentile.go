package report

import (
	"slices"
	"time"
)

// Percentiles returns, for each p from 0 to 100, the duration that p percent of
// all are not longer than; zeros if there are none. It sorts all.
func Percentiles(all []time.Duration, ps ...float64) []time.Duration {
	slices.Sort(all)
	out := make([]time.Duration, len(ps))
	if len(all) == 0 {
		return out
	}
	for i, p := range ps {
		n := int(p / 100 * float64(len(all)))
		out[i] = all[min(max(n, 0), len(all)-1)]
	}
	return out
}
