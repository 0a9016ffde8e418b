// Package activityd runs the service for benchmarks: as a process, with users
// that were made directly in its store.
package activityd
