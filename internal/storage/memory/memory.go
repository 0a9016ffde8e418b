// Package memory holds what a store keeps in memory beside its database: the
// users seen last, and the uses of accesses that are not stored yet.
//
// It imports activity and storage; never a store, auth or api.
package memory
