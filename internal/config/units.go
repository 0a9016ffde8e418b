package config

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

const day = 24 * time.Hour

const (
	kib int64 = 1 << (10 * (iota + 1))
	mib
	gib
	tib
)

// unit is a factor of bytes. The longer names come first, since "B" ends them
// all; of two that fit when formatting, the first is taken.
type unit struct {
	name  string
	bytes int64
}

func units() []unit {
	return []unit{
		{"TiB", tib}, {"GiB", gib}, {"MiB", mib}, {"KiB", kib},
		{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3},
		{"B", 1}, {"", 1},
	}
}

// parseSize reads whole bytes with or without a unit; units in any case.
func parseSize(text string) (int64, error) {
	for _, u := range units() {
		cut := len(text) - len(u.name)
		if cut < 0 || !strings.EqualFold(text[cut:], u.name) {
			continue
		}
		n, err := strconv.ParseUint(strings.TrimRight(text[:cut], " "), 10, 63)
		switch {
		case errors.Is(err, strconv.ErrRange), err == nil && int64(n) > math.MaxInt64/u.bytes:
			return 0, errors.New("is too large")
		case err != nil:
			return 0, errors.New("is not a size")
		}
		return int64(n) * u.bytes, nil
	}
	return 0, errors.New("is not a size")
}

// formatSize writes the largest unit that leaves a whole number.
func formatSize(n int64) string {
	for _, u := range units() {
		if n != 0 && n%u.bytes == 0 && u.bytes > 1 {
			return strconv.FormatInt(n/u.bytes, 10) + u.name
		}
	}
	return strconv.FormatInt(n, 10)
}

// parseDuration reads what Go reads, and days before it: 30d, 1d12h.
func parseDuration(text string) (time.Duration, error) {
	mistake := errors.New("is not a time")
	var whole time.Duration
	if days, rest, ok := strings.Cut(text, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 63)
		switch {
		case errors.Is(err, strconv.ErrRange), err == nil && n >= uint64(math.MaxInt64/day):
			return 0, errors.New("is too large")
		case err != nil:
			return 0, mistake
		case rest == "":
			return time.Duration(n) * day, nil
		}
		whole, text = time.Duration(n)*day, rest
		if strings.HasPrefix(rest, "-") || strings.HasPrefix(rest, "+") {
			return 0, mistake
		}
	}
	part, err := time.ParseDuration(text)
	if err != nil {
		return 0, mistake
	}
	if part > math.MaxInt64-whole {
		return 0, errors.New("is too large")
	}
	return whole + part, nil
}

// formatDuration writes whole days as days and leaves out zeros at the end.
func formatDuration(d time.Duration) string {
	if d != 0 && d%day == 0 {
		return strconv.FormatInt(int64(d/day), 10) + "d"
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
