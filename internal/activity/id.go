package activity

import "strings"

// Identities. Each kind has a type of its own, so that one is never passed for
// another.
type (
	// UserID is the immutable identity of a user, never shown to clients.
	UserID string
	// Username is a user's name: lower case, as CheckUsername accepts it.
	Username string
	// ChannelID is unique per user.
	ChannelID string
	// FolderID is unique per channel.
	FolderID string
	// EventID is a lower-case UUID, unique per channel; those that activityd
	// makes (UUIDv7) sort by the time of their creation.
	EventID string
	// AccessID is the public identity of an access, unique per user.
	AccessID string
	// SessionID is the jti of a session's token, unique per user.
	SessionID string
)

// MaxIDLength is the most letters that a channel's or folder's id has.
const MaxIDLength = 100

// reservedWord reports whether nothing is called so: it looks like a value that
// a client's mistake produced.
func reservedWord(slug string) bool {
	switch slug {
	case "null", "undefined", "nan", "true", "false":
		return true
	}
	return false
}

// reservedForChannels reports whether a path of the user's root begins so.
func reservedForChannels(slug string) bool {
	switch slug {
	case "channels", "accesses", "access-info", "profile", "admin", "auth", "changes", "export", "import",
		"audit", "webhooks", "socket-io", "docs", "console", "service", "users", "access":
		return true
	}
	return false
}

// reservedForFolders reports whether the word stands beside ids below a channel.
func reservedForFolders(slug string) bool {
	switch slug {
	case "start", "stop", "running", "batch":
		return true
	}
	return false
}

// ParseChannelID slugifies a given id. It fails with CodeInvalidItemID when
// nothing is left of it or the word is reserved.
func ParseChannelID(given string) (ChannelID, error) {
	slug, err := itemID("channel", given, reservedForChannels)
	return ChannelID(slug), err
}

// ParseFolderID slugifies a given id. It fails with CodeInvalidItemID when
// nothing is left of it or the word is reserved.
func ParseFolderID(given string) (FolderID, error) {
	slug, err := itemID("folder", given, reservedForFolders)
	return FolderID(slug), err
}

func itemID(kind, given string, reserved func(string) bool) (string, error) {
	slug := Slugify(given)
	switch {
	case slug == "":
		return "", NewError(CodeInvalidItemID, "This %s id has no letter or digit of a-z and 0-9: give another, or none to have one made.", kind)
	case len(slug) > MaxIDLength:
		return "", NewError(CodeInvalidItemID, "This %s id is longer than %d characters: give a shorter one, or none to have one made.", kind, MaxIDLength)
	case reservedWord(slug) || reserved(slug):
		return "", NewError(CodeInvalidItemID, "The %s id %q is a reserved word: give another, or none to have one made.", kind, slug)
	}
	return slug, nil
}

// ParseEventID checks a given event id: a UUID in its usual form of 36
// characters, whatever its version. Capital letters become small.
func ParseEventID(given string) (EventID, error) {
	if !isUUID(given) {
		return "", NewError(CodeInvalidItemID, "An event id must be a UUID such as 0198c5a2-7c1e-7d3a-9f00-0123456789ab: give one, or none to have one made.")
	}
	return EventID(strings.ToLower(given)), nil
}

func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, c := range []byte(s) {
		hyphen := i == 8 || i == 13 || i == 18 || i == 23
		if hyphen != (c == '-') || !hyphen && !isHex(c) {
			return false
		}
	}
	return true
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// Slugify keeps the ASCII letters (made small) and digits of s and puts one
// hyphen in place of every run of anything else between them.
func Slugify(s string) string {
	var b strings.Builder
	gap := false
	for _, c := range []byte(s) {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if 'a' <= c && c <= 'z' || '0' <= c && c <= '9' {
			if gap && b.Len() > 0 {
				b.WriteByte('-')
			}
			gap = false
			b.WriteByte(c)
			continue
		}
		gap = true
	}
	return b.String()
}
