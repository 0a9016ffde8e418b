//go:build linux

package proc

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// PID names a process.
type PID int

// tick is the unit of /proc/PID/stat, which is the same on every Linux that Go
// supports.
const tick = 10 * time.Millisecond

// RSS returns the resident memory in bytes.
func (p PID) RSS() (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", p))
	if err != nil {
		return 0, fmt.Errorf("proc: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) == 3 && fields[0] == "Rss:" && fields[2] == "kB" {
			kib, err := strconv.ParseInt(fields[1], 10, 64)
			if err != nil {
				return 0, fmt.Errorf("proc: %w", err)
			}
			return kib << 10, nil
		}
	}
	return 0, fmt.Errorf("proc: no Rss of process %d", p)
}

// SettledRSS returns the resident memory once it has stayed within 1 % for 3
// seconds, or after patience.
func (p PID) SettledRSS(patience time.Duration) (int64, error) {
	const step, quiet = 250 * time.Millisecond, 3 * time.Second
	settled, err := p.RSS()
	since, end := time.Now(), time.Now().Add(patience)
	for err == nil && time.Since(since) < quiet && time.Now().Before(end) {
		time.Sleep(step)
		var now int64
		if now, err = p.RSS(); max(now, settled)-min(now, settled) > settled/100 {
			settled, since = now, time.Now()
		}
	}
	return settled, err
}

// CPU returns the processor time used so far, of the user and the system
// together, to 10 ms.
func (p PID) CPU() (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p))
	if err != nil {
		return 0, fmt.Errorf("proc: %w", err)
	}
	// The name in parentheses may hold anything; utime and stime are the 12th
	// and 13th field behind it.
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(fields) < 13 {
		return 0, fmt.Errorf("proc: stat of process %d is too short", p)
	}
	var ticks int64
	for _, f := range fields[11:13] {
		n, err := strconv.ParseInt(string(f), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("proc: %w", err)
		}
		ticks += n
	}
	return time.Duration(ticks) * tick, nil
}

// Descriptors returns the number of open files.
func (p PID) Descriptors() (int, error) {
	dir, err := os.Open(fmt.Sprintf("/proc/%d/fd", p))
	if err != nil {
		return 0, fmt.Errorf("proc: %w", err)
	}
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return 0, fmt.Errorf("proc: %w", err)
	}
	return len(names), dir.Close()
}

// Load returns the machine's load average of the last minute.
func Load() (float64, error) {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0, fmt.Errorf("proc: %w", err)
	}
	one, _, _ := strings.Cut(string(text), " ")
	return strconv.ParseFloat(one, 64)
}
