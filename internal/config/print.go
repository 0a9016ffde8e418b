package config

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// WriteYAML writes the configuration as a file that [Load] reads to the same
// effect, with a comment on each line that says where its value came from.
// Secrets are replaced, and a file that says so is refused until they are put
// in. Derived values are commented out: saved, they would outlive the settings
// that they were derived from, and leave registration open to the world.
func (e Effective) WriteYAML(w io.Writer) error {
	const derived = "derived"
	for _, s := range Settings() {
		text := s.get(e.Config)
		origin := e.Origin(s.Name)
		shown := s.show(text)
		if shown != text {
			origin += ", secrets replaced"
		}
		line := s.Name + ": " + yamlValue(s, shown)
		if strings.HasPrefix(origin, derived) {
			line = "# " + line
		}
		if _, err := fmt.Fprintf(w, "%-40s # %s\n", line, origin); err != nil {
			return fmt.Errorf("print configuration: %w", err)
		}
	}
	return nil
}

func yamlValue(s Setting, text string) string {
	switch {
	case s.List:
		return "[" + quoteEach(text) + "]"
	case s.quoted:
		return strconv.Quote(text)
	}
	return text
}

// quoteEach quotes the entries of a comma-separated text, of which IPv6
// addresses would not be plain YAML.
func quoteEach(text string) string {
	if text == "" {
		return ""
	}
	var quoted []string
	for part := range strings.SplitSeq(text, ",") {
		quoted = append(quoted, strconv.Quote(part))
	}
	return strings.Join(quoted, ", ")
}
