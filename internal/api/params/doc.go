// Package params reads the parameters of a request, however it came, into the
// struct of a method: path, query and body are members of one object, checked
// in one pass that reports every fault.
//
// A parameter is a field with a json name. Its tags say the rest:
//
//	in:"path"        from the path; a member of that name in the body must be equal
//	required:"true"  absent is CodeMissingParameter
//	min:"1" max:"9"  bounds: of a string in characters, of an array in items, of a number
//	enum:"a b"       the strings that are allowed
//	doc:"…"          one sentence for the API's description
//
// An anonymous struct's fields count as its own. A field type may be a string,
// a bool, an int, a float64, any type with UnmarshalJSON (which returns an
// *activity.Fault), a struct, a pointer to or a slice of those, an Optional of
// those, an activity.Value or an activity.Object. What a query gives is read
// as text by types with UnmarshalText. Rules that tags cannot say stand in a
// Checker. Given, Fixed, Rest and Elements are for handlers that must know more.
//
// It imports activity only, of ours.
package params
