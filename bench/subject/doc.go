// Package subject starts a server to be measured as a process of its own, and
// talks with it over its standard input and output: the server writes a line
// "listening on HOST:PORT", answers each line "stats" with one line of JSON, and
// ends with its input. It imports nothing of this module but bench/proc.
package subject
