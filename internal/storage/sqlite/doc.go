// Package sqlite is the embedded store: one SQLite file in the data folder.
//
// One goroutine writes. It takes all units of work that wait at the moment into
// one transaction, a savepoint around each, and one commit. Readers have a
// pool of connections. What is small of a user is cached with a revision; what
// has been read of it is only trusted while the writer looked for commits of
// other processes within the last half second.
//
// It imports activity, storage and migrations; never another store, auth or
// api.
package sqlite
