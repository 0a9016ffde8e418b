package config

import (
	"fmt"
	"strings"
)

// Mistake is one thing wrong with the configuration, in words for whoever
// wrote it. It never holds a secret.
type Mistake struct {
	// Setting is the name concerned, as written where it is unknown.
	Setting string

	// Origin is where it came from, such as "environment ACTIVITYD_LISTEN".
	Origin string

	// Problem says what is wrong, the value included unless it is secret.
	Problem string

	// Allowed says what would be right; empty where Problem says all.
	Allowed string
}

// String is the mistake in one line.
func (m Mistake) String() string {
	line := fmt.Sprintf("%s (%s): %s", m.Setting, m.Origin, m.Problem)
	if m.Allowed != "" {
		line += "; allowed: " + m.Allowed
	}
	return line
}

// Mistakes is the error of [Load]: everything that is wrong, at once.
type Mistakes []Mistake

// Error gives a heading and a line for each mistake.
func (ms Mistakes) Error() string {
	var b strings.Builder
	if len(ms) == 1 {
		b.WriteString("the configuration has a mistake:")
	} else {
		fmt.Fprintf(&b, "the configuration has %d mistakes:", len(ms))
	}
	for _, m := range ms {
		b.WriteString("\n  " + m.String())
	}
	return b.String()
}

// wrongValue is the mistake of a setting whose text is not accepted.
func wrongValue(s Setting, origin, text, problem string) Mistake {
	return Mistake{Setting: s.Name, Origin: origin, Problem: quote(s.show(text)) + " " + problem, Allowed: s.Allowed}
}

// quote keeps a text on one line and short.
func quote(text string) string {
	const longest = 100
	if runes := []rune(text); len(runes) > longest {
		text = string(runes[:longest]) + "..."
	}
	return fmt.Sprintf("%q", text)
}
