// Package activity is the domain: channels, folders, events, accesses, their
// rules and the permissions between them. It owns what the words of the API
// mean and checks their values; it knows neither storage nor transport.
//
// It imports the standard library only.
package activity
