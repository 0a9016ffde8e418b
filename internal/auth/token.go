package auth

import (
	"crypto/rand"
	"strings"

	"github.com/activityd/activityd/internal/activity"
)

// MaxTokenLength is the most bytes of a token that is looked at.
const MaxTokenLength = 2048

// MaxGivenTokenLength is the greatest length of a token that a client chooses.
const MaxGivenTokenLength = 100

// NewToken makes a random token of at least 128 bits: lower-case letters and
// digits, so that it is its own slug.
func NewToken() string { return strings.ToLower(rand.Text()) }

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: it ends the process instead
	return b
}

// ParseGivenToken slugifies a token that a client chose; what it gives is the
// token from then on. It fails with CodeInvalidParametersFormat (path "token")
// for less than activity.MinTokenLength characters after it or more than
// MaxGivenTokenLength.
func ParseGivenToken(given string) (string, error) {
	token := activity.Slugify(given)
	var fault *activity.Fault
	switch {
	case len(token) < activity.MinTokenLength:
		fault = activity.NewFault("minLength",
			"A token has at least %d letters a-z, digits and hyphens between them: give a longer one, or none to have one made.", activity.MinTokenLength)
	case len(token) > MaxGivenTokenLength:
		fault = activity.NewFault("maxLength",
			"A token has at most %d characters: give a shorter one, or none to have one made.", MaxGivenTokenLength)
	default:
		return token, nil
	}
	fault.Path = "token"
	return "", activity.FaultsError([]activity.Fault{*fault})
}
