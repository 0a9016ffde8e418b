package config

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// kind is a way to write values of T. An error of parse continues a sentence
// that began with the value and never repeats it. format is the inverse of
// parse.
type kind[T any] struct {
	allowed string
	quoted  bool
	parse   func(string) (T, error)
	format  func(T) string
}

// orEmpty also accepts no text at all, which gives the zero value.
func (k kind[T]) orEmpty(allowed string) kind[T] {
	parse := k.parse
	k.allowed += allowed
	k.parse = func(text string) (T, error) {
		if text == "" {
			var zero T
			return zero, nil
		}
		return parse(text)
	}
	return k
}

// bounded is a kind with a least and a greatest value.
func bounded[T int | int64 | time.Duration](lo, hi T, what string, parse func(string) (T, error), format func(T) string) kind[T] {
	return kind[T]{
		allowed: fmt.Sprintf("%s from %s to %s", what, format(lo), format(hi)),
		format:  format,
		parse: func(text string) (T, error) {
			value, err := parse(text)
			switch {
			case err != nil:
				return 0, err
			case value < lo:
				return 0, errors.New("is too small")
			case value > hi:
				return 0, errors.New("is too large")
			}
			return value, nil
		},
	}
}

func ints(lo, hi int) kind[int] {
	return bounded(lo, hi, "a whole number", func(text string) (int, error) {
		n, err := strconv.Atoi(text)
		if err != nil {
			return 0, errors.New("is not a whole number")
		}
		return n, nil
	}, strconv.Itoa)
}

func sizes(lo, hi int64) kind[int64] {
	return bounded(lo, hi, "a size such as 1MiB, 1MB or 1048576 (bytes),", parseSize, formatSize)
}

func durations(lo, hi time.Duration) kind[time.Duration] {
	return bounded(lo, hi, "a time such as 90s, 10m, 12h or 30d,", parseDuration, formatDuration)
}

func choice[T ~string](values ...T) kind[T] {
	names := make([]string, len(values))
	for i, v := range values {
		names[i] = string(v)
	}
	return kind[T]{
		allowed: strings.Join(names, ", "),
		format:  func(v T) string { return string(v) },
		parse: func(text string) (T, error) {
			if !slices.Contains(names, text) {
				return "", errors.New("is none of the choices")
			}
			return T(text), nil
		},
	}
}

func rates() kind[Rate] {
	const allowed = "attempts/window such as 10/10m: 1 to 1000000 attempts in 1s to 1d"
	attempts, window := ints(1, 1_000_000), durations(time.Second, day)
	return kind[Rate]{
		allowed: allowed,
		format:  func(r Rate) string { return attempts.format(r.Attempts) + "/" + window.format(r.Window) },
		parse: func(text string) (Rate, error) {
			left, right, ok := strings.Cut(text, "/")
			if !ok {
				return Rate{}, errors.New("has no slash between attempts and window")
			}
			n, err := attempts.parse(left)
			if err != nil {
				return Rate{}, fmt.Errorf("has attempts of which the number %w", err)
			}
			d, err := window.parse(right)
			if err != nil {
				return Rate{}, fmt.Errorf("has a window that %w", err)
			}
			return Rate{Attempts: n, Window: d}, nil
		},
	}
}

func path() kind[string] {
	return kind[string]{
		allowed: "a path",
		quoted:  true,
		format:  same,
		parse: func(text string) (string, error) {
			switch {
			case text == "":
				return "", errors.New("is empty")
			case strings.ContainsRune(text, 0) || !utf8.ValidString(text):
				return "", errors.New("is not a path in UTF-8")
			}
			return text, nil
		},
	}
}

func parseLevel(text string) (slog.Level, error) {
	for _, level := range []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError} {
		if formatLevel(level) == text {
			return level, nil
		}
	}
	return 0, errors.New("is none of the choices")
}

func formatLevel(level slog.Level) string { return strings.ToLower(level.String()) }
