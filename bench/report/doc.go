// Package report sums measurements up and prints them as Markdown tables. It
// imports nothing of this module.
package report
