package sqlite

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/activityd/activityd/internal/activity"
)

// Tags are stored as a JSON array in which each string stands on a line of its
// own. No line break stands within a JSON string, so that the line of a tag is
// found only where the tag is, whatever letters it has.

// appendTags gives the array; nil for none.
func appendTags(tags []string) text {
	if len(tags) == 0 {
		return nil
	}
	b := []byte{'['}
	for i, tag := range tags {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '\n')
		b = activity.AppendString(b, tag)
		b = append(b, '\n')
	}
	return append(b, ']')
}

// tagLines gives a JSON array of the lines that a filter looks for.
func tagLines(tags []string) text {
	lines := make([]string, len(tags))
	for i, tag := range tags {
		lines[i] = "\n" + string(activity.AppendString(nil, tag)) + "\n"
	}
	return activity.AppendStrings(nil, lines)
}

func parseTags(s string) ([]string, error) {
	if s == "" {
		return []string{}, nil
	}
	tags := make([]string, 0, strings.Count(s, "\n")/2)
	for line := range strings.SplitSeq(s, "\n") {
		if len(line) < 2 || line[0] != '"' {
			continue // a bracket or comma
		}
		tag := line[1 : len(line)-1]
		if strings.IndexByte(tag, '\\') >= 0 {
			if err := json.Unmarshal([]byte(line), &tag); err != nil {
				return nil, err
			}
		}
		tags = append(tags, tag)
	}
	return tags, nil
}

// storedAttachment is an attachment with its name.
type storedAttachment struct {
	Name string `json:"name"`
	activity.Attachment
}

func appendAttachments(all []activity.Attachment) (text, error) {
	if len(all) == 0 {
		return nil, nil
	}
	stored := make([]storedAttachment, len(all))
	for i, a := range all {
		stored[i] = storedAttachment{Name: a.Name, Attachment: a}
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(stored)
	return b.Bytes(), err
}

func parseAttachments(b []byte) ([]activity.Attachment, error) {
	if b == nil {
		return nil, nil
	}
	var stored []storedAttachment
	if err := json.Unmarshal(b, &stored); err != nil {
		return nil, err
	}
	all := make([]activity.Attachment, len(stored))
	for i, a := range stored {
		all[i] = a.Attachment
		all[i].Name = a.Name
	}
	return all, nil
}
