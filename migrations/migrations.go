// Package migrations holds the schemas of the stores and their later changes:
// nothing but the files and their embedding. A file that was released is never
// changed; a change is a new file with the next number.
//
// It imports nothing of activityd.
package migrations

import "embed"

// SQLite holds sqlite/NNNN_name.sql, numbered from 0001 without gaps. Each runs
// once, in a transaction of its own, in the order of the numbers.
//
//go:embed sqlite/*.sql
var SQLite embed.FS
