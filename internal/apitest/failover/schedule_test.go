//go:build !long

package failover_test

import "time"

// What goes wrong in make test: enough of each to meet what is plainly broken.
const (
	kills     = 4
	stepDowns = 1

	isolations     = 1 // the primary is parted from all, and mute
	cutIsolations  = 0 // likewise, connections are reset
	falsePrimaries = 1 // clients still reach it

	election = 2 * time.Second
)
