package activity

import (
	"strings"
	"unicode"
)

// User is a tenant: one account, whose data nobody else reaches.
type User struct {
	ID           UserID
	Username     Username
	Email        string
	LanguageCode string // as given at registration; "en" when none was
	DisplayName  string // may be empty
	PasswordHash string // argon2id in PHC form
	Disabled     bool   // a disabled user's tokens and password let nobody in
	Created      Timestamp
}

// Bounds of a user's name and password, in characters.
const (
	MinUsernameLength = 5
	MaxUsernameLength = 21
	MinPasswordLength = 8
	MaxPasswordLength = 256
)

// ParseUsername makes a given name small and checks its form; the fault says
// what is wrong with it. A reserved name has a right form: see Reserved.
func ParseUsername(given string) (Username, *Fault) {
	name := strings.ToLower(given)
	if len(name) < MinUsernameLength || len(name) > MaxUsernameLength {
		return "", NewFault("length", "A username has %d to %d characters.", MinUsernameLength, MaxUsernameLength)
	}
	// The given one is looked at too: some letters beyond ASCII have small ones in it.
	if strings.ContainsFunc(given, beyondASCII) || strings.ContainsFunc(name, notInUsername) {
		return "", NewFault("pattern", "A username has letters a-z, digits and hyphens only.")
	}
	if name[0] == '-' || name[len(name)-1] == '-' {
		return "", NewFault("pattern", "A username neither begins nor ends with a hyphen.")
	}
	return Username(name), nil
}

func beyondASCII(r rune) bool { return r > unicode.MaxASCII }

func notInUsername(r rune) bool {
	return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-'
}

// Reserved reports whether the service keeps the name for itself,
// because it collides with a path of the service or invites confusion.
func (n Username) Reserved() bool {
	switch n {
	case "admin", "administrator", "access", "accesses", "account", "accounts", "activity", "activityd",
		"api", "auth", "channels", "console", "docs", "events", "export", "folders", "health", "healthz",
		"help", "import", "login", "logout", "metrics", "oauth", "profile", "public", "readyz", "register",
		"root", "security", "service", "settings", "socket", "socket-io", "socketio", "static", "status",
		"support", "system", "users", "webhooks":
		return true
	}
	return false
}

// Session is a signed-in person. It acts as a personal access.
type Session struct {
	ID        SessionID
	AppID     string // the app that signed in; stands as createdBy and modifiedBy
	Created   Timestamp
	Expires   Timestamp
	UserAgent string // as told at sign-in, cut to 200 bytes; may be empty
}

// MaxSessions is the most sessions that a user has: the oldest falls out.
const MaxSessions = 100
