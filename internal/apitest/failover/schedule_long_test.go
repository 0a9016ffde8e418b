//go:build long

package failover_test

import "time"

const (
	kills     = 50
	stepDowns = 20

	isolations     = 4
	cutIsolations  = 3
	falsePrimaries = 3

	election = 5 * time.Second // as docs/operations.md advises
)
