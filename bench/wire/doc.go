// Package wire is one HTTP/1.1 connection that is kept open, with as little
// parsing as can be, so that a load generator costs little beside the server
// that it measures. It imports nothing of this module.
package wire
