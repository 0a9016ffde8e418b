package activity

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// Event is a timestamped, typed item in a channel.
type Event struct {
	ID          EventID
	ChannelID   ChannelID
	Time        Timestamp // when it happened or began
	Duration    Duration
	Type        Type
	Value       Value    // nil when absent
	FolderID    FolderID // "" for none
	Tags        []string
	Description *string      // nil when absent
	Attachments []Attachment // by name
	ClientData  Object
	Trashed     bool
	Created     Timestamp
	Modified    Timestamp
	CreatedBy   string // the access's name when it was created; a session's appId
	ModifiedBy  string

	// ExactEnd is the end of a period that a stop gave and that is not Time and
	// Duration as doubles add; nil for all else. Clear it with either of them.
	ExactEnd *Timestamp

	// Deleted is set for the tombstone of a deleted event: when it was deleted.
	// Of a tombstone only the ID, the ChannelID and Modified are known.
	Deleted *Timestamp
}

// Attachment is a file of an event.
type Attachment struct {
	Name     string `json:"-"` // the key: the part's name
	FileName string `json:"fileName"`
	Type     string `json:"type"` // media type
	Size     int64  `json:"size"` // bytes
}

// Type says what an event's value is, such as mass/kg.
type Type struct {
	Class  string `json:"class"`
	Format string `json:"format"`
}

// String gives "class/format".
func (t Type) String() string { return t.Class + "/" + t.Format }

// ParseType takes "class/format". Both parts are of 1 to MaxTypePartLength
// letters a-z, A-Z, digits and - _ . characters.
func ParseType(s string) (Type, *Fault) {
	class, format, _ := strings.Cut(s, "/")
	if !isTypePart(class) || !isTypePart(format) {
		return Type{}, NewFault("pattern", `A type is "class/format", each of 1 to %d letters a-z, digits, hyphens, underscores or dots, such as "mass/kg".`, MaxTypePartLength)
	}
	return Type{Class: class, Format: format}, nil
}

func isTypePart(s string) bool {
	return len(s) >= 1 && len(s) <= MaxTypePartLength && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' && r != '.'
	})
}

// UnmarshalJSON takes "class/format" or {"class": …, "format": …}.
func (t *Type) UnmarshalJSON(b []byte) error {
	var text string
	if len(b) > 0 && b[0] == '{' {
		var parts map[string]json.RawMessage
		if err := json.Unmarshal(b, &parts); err != nil {
			return NewFault("type", `A type is an object {"class", "format"} of two strings, or "class/format".`)
		}
		var class, format string
		if len(parts) != 2 || json.Unmarshal(parts["class"], &class) != nil || json.Unmarshal(parts["format"], &format) != nil {
			return NewFault("type", `A type is an object {"class", "format"} of two strings, or "class/format".`)
		}
		text = class + "/" + format
	} else if json.Unmarshal(b, &text) != nil || len(b) > 0 && b[0] != '"' {
		return NewFault("type", `A type is an object {"class", "format"} of two strings, or "class/format".`)
	}
	parsed, fault := ParseType(text)
	if fault != nil {
		return fault
	}
	*t = parsed
	return nil
}

// CleanTags trims the tags and drops empty and repeated ones; the first of
// equals stays. The fault names the first that is too long, or that there are
// too many.
func CleanTags(given []string) ([]string, *Fault) {
	tags := make([]string, 0, len(given))
	seen := make(map[string]bool, len(given))
	for _, tag := range given {
		tag = strings.TrimSpace(tag)
		if tag == "" || seen[tag] {
			continue
		}
		if utf8.RuneCountInString(tag) > MaxTagLength {
			return nil, NewFault("maxLength", "A tag has at most %d characters.", MaxTagLength)
		}
		seen[tag] = true
		tags = append(tags, tag)
	}
	if len(tags) > MaxTags {
		return nil, NewFault("maxItems", "An event has at most %d tags.", MaxTags)
	}
	return tags, nil
}

// MarshalJSON gives the event as the API shows it.
func (e *Event) MarshalJSON() ([]byte, error) { return e.AppendJSON(nil), nil }

// AppendJSON appends the event as the API shows it: a tombstone has its id and
// when it was deleted. It is what lists are made
// of, so it neither reflects nor looks into the value.
func (e *Event) AppendJSON(b []byte) []byte {
	b = append(b, `{"id":`...)
	b = AppendString(b, string(e.ID))
	if e.Deleted != nil {
		b = append(b, `,"deleted":`...)
		return append(e.Deleted.AppendJSON(b), '}')
	}
	b = append(b, `,"channelId":`...)
	b = AppendString(b, string(e.ChannelID))
	return e.appendMembers(b)
}

func (e *Event) appendMembers(b []byte) []byte {
	b = append(b, `,"time":`...)
	b = e.Time.AppendJSON(b)
	if !e.Duration.IsZero() {
		b = append(b, `,"duration":`...)
		b = e.Duration.AppendJSON(b)
	}
	b = append(b, `,"type":{"class":"`...)
	b = append(b, e.Type.Class...)
	b = append(b, `","format":"`...)
	b = append(b, e.Type.Format...)
	b = append(b, `"}`...)
	if e.Value != nil {
		b = append(b, `,"value":`...)
		b = append(b, e.Value...)
	}
	b = append(b, `,"folderId":`...)
	b = appendNullable(b, string(e.FolderID))
	b = append(b, `,"tags":`...)
	b = AppendStrings(b, e.Tags)
	if e.Description != nil {
		b = append(b, `,"description":`...)
		b = AppendString(b, *e.Description)
	}
	b = append(b, `,"attachments":`...)
	b = appendAttachments(b, e.Attachments)
	b = append(b, `,"clientData":`...)
	if e.ClientData == nil {
		b = append(b, "{}"...)
	}
	b = append(b, e.ClientData...)
	return e.appendRecord(b)
}

func (e *Event) appendRecord(b []byte) []byte {
	b = append(b, `,"trashed":`...)
	if e.Trashed {
		b = append(b, "true"...)
	} else {
		b = append(b, "false"...)
	}
	b = append(b, `,"created":`...)
	b = e.Created.AppendJSON(b)
	b = append(b, `,"modified":`...)
	b = e.Modified.AppendJSON(b)
	b = append(b, `,"createdBy":`...)
	b = AppendString(b, e.CreatedBy)
	b = append(b, `,"modifiedBy":`...)
	b = AppendString(b, e.ModifiedBy)
	return append(b, '}')
}

func appendAttachments(b []byte, all []Attachment) []byte {
	b = append(b, '{')
	for i, a := range all {
		if i > 0 {
			b = append(b, ',')
		}
		b = AppendString(b, a.Name)
		b = append(b, ':')
		text, _ := json.Marshal(a) // strings and a number: cannot fail
		b = append(b, text...)
	}
	return append(b, '}')
}
