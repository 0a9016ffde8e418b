// Package eventtypes is the built-in directory of event types: for each class
// and format the JSON Schema (draft 2020-12) of an event's value, in types/,
// and the check of values by it.
//
// It imports activity only, of ours.
package eventtypes
