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

// MongoDB holds mongodb/NNNN_name.json, numbered from 0001 without gaps: the
// collections as they are from then on, with their validators and indexes.
// Each may run more than once, and at several servers at the same time.
//
//go:embed mongodb/*.json
var MongoDB embed.FS
