package api

import (
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/auth"
)

// Bounds of an account's parts, in characters.
const (
	maxEmailLength    = 254
	maxLanguageLength = 20
)

// NewUsername is a name for a new user: of the right form, made small, and not
// one that the service keeps for itself.
type NewUsername activity.Username

// UnmarshalJSON takes a string; the fault says what is wrong with the name.
func (n *NewUsername) UnmarshalJSON(b []byte) error { return parsed(b, n, parseNewUsername) }

func parseNewUsername(given string) (NewUsername, *activity.Fault) {
	name, fault := activity.ParseUsername(given)
	if activity.Username(strings.ToLower(given)).Reserved() {
		fault = reservedName()
	}
	return NewUsername(name), fault
}

func reservedName() *activity.Fault {
	return activity.NewFault("reserved", "This username is not given out: choose another.")
}

// NewPassword is a password as it may be set.
type NewPassword string

// UnmarshalJSON takes a string of 8 to 256 characters.
func (p *NewPassword) UnmarshalJSON(b []byte) error {
	return parsed(b, p, func(given string) (NewPassword, *activity.Fault) {
		return NewPassword(given), auth.CheckPassword(given)
	})
}

// Email is an address that looks like one. Only a message sent there could
// tell more.
type Email string

// UnmarshalJSON takes a string with an @ between other visible characters.
func (e *Email) UnmarshalJSON(b []byte) error { return parsed(b, e, parseEmail) }

func parseEmail(given string) (Email, *activity.Fault) {
	if utf8.RuneCountInString(given) > maxEmailLength {
		return "", activity.NewFault("maxLength", "An email address has at most %d characters.", maxEmailLength)
	}
	at := strings.LastIndexByte(given, '@')
	blank := strings.ContainsFunc(given, func(r rune) bool { return r <= ' ' || r == 0x7f })
	if at < 1 || at == len(given)-1 || blank {
		return "", activity.NewFault("pattern", "An email address is like name@example.org.")
	}
	return Email(given), nil
}

// Language is a language tag such as en or pt-BR, as it was given.
type Language string

// UnmarshalJSON takes a string of letters and digits in groups of 1 to 8 with
// hyphens between them, the first group being 2 letters or more.
func (l *Language) UnmarshalJSON(b []byte) error { return parsed(b, l, parseLanguage) }

func parseLanguage(given string) (Language, *activity.Fault) {
	ok := len(given) <= maxLanguageLength
	for i, group := range strings.Split(given, "-") {
		ok = ok && len(group) >= 1 && len(group) <= 8 && (i > 0 || len(group) >= 2)
		for _, c := range []byte(group) {
			letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
			ok = ok && (letter || i > 0 && '0' <= c && c <= '9')
		}
	}
	if !ok {
		return "", activity.NewFault("pattern", "A language code is a tag such as en or pt-BR, of at most %d characters.", maxLanguageLength)
	}
	return Language(given), nil
}

// GivenToken is a token that a client chose, as it is from then on.
type GivenToken string

// UnmarshalJSON takes a string that auth.ParseGivenToken makes a token of.
func (t *GivenToken) UnmarshalJSON(b []byte) error {
	return parsed(b, t, func(given string) (GivenToken, *activity.Fault) {
		token, err := auth.ParseGivenToken(given)
		if err != nil {
			return "", activity.NewFault("length", "A token has %d to %d letters a-z, digits and hyphens between them: give another, or none to have one made.",
				activity.MinTokenLength, auth.MaxGivenTokenLength)
		}
		return GivenToken(token), nil
	})
}

// parsed reads a JSON string into v as parse has it.
func parsed[T ~string](b []byte, v *T, parse func(string) (T, *activity.Fault)) error {
	var text string
	if len(b) == 0 || b[0] != '"' || json.Unmarshal(b, &text) != nil {
		return activity.NewFault("type", "This must be a string.")
	}
	value, fault := parse(text)
	if fault != nil {
		return fault
	}
	*v = value
	return nil
}
