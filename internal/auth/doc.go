// Package auth tells who asks: passwords, the tokens of sessions and accesses,
// where a request carries them, and how often a sign-in may be tried. What an
// access may then do is said by activity.Access and activity.Scope.
//
// It imports activity only; stores reach it through the small interfaces that
// it declares. Nothing in it logs, and no error of it holds a token, a
// password, a name or an address.
package auth

// constError is a cause for the log. It never holds what a client sent.
type constError string

func (e constError) Error() string { return string(e) }
