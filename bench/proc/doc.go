// Package proc reads what Linux tells about a process and sets the limits of our
// own. It imports nothing of this module.
package proc
