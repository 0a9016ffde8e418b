package activity

import (
	"bytes"
	"encoding/json"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// Value is any JSON value as compact text that has passed CheckValue; nil is
// an absent one, which is not the value null. It comes back as it was given.
type Value []byte

// MarshalJSON gives the text itself.
func (v Value) MarshalJSON() ([]byte, error) {
	if v == nil {
		return []byte("null"), nil
	}
	return v, nil
}

// Object is a JSON object as compact text; nil is an absent or empty one.
type Object []byte

// MarshalJSON gives the text itself, {} for none.
func (o Object) MarshalJSON() ([]byte, error) {
	if o == nil {
		return []byte("{}"), nil
	}
	return o, nil
}

// Compact gives valid JSON text without the white space between its tokens,
// all else unchanged.
func Compact(text []byte) []byte {
	var b bytes.Buffer
	b.Grow(len(text))
	if err := json.Compact(&b, text); err != nil {
		return text // not JSON: the caller's check has said so
	}
	return b.Bytes()
}

// CheckValue looks through valid JSON text for what activityd would not give
// back unchanged: nesting deeper than maxDepth levels (a scalar has none), an
// integer that a double cannot hold exactly, and a number beyond its range.
func CheckValue(text []byte, maxDepth int) *Fault {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			i = endOfString(text, i)
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return NewFault("depth", "This value nests deeper than %d levels: flatten it.", maxDepth)
			}
		case c == '}' || c == ']':
			depth--
		case c == '-' || '0' <= c && c <= '9':
			end := endOfNumber(text, i)
			if fault := checkNumber(text[i:end]); fault != nil {
				return fault
			}
			i = end - 1
		}
	}
	return nil
}

// endOfString gives the index of the quote that ends the string begun at i.
func endOfString(text []byte, i int) int {
	for i++; i < len(text) && text[i] != '"'; i++ {
		if text[i] == '\\' {
			i++
		}
	}
	return i
}

func endOfNumber(text []byte, i int) int {
	for i < len(text) && strings.IndexByte("+-.0123456789eE", text[i]) >= 0 {
		i++
	}
	return i
}

// maxSafeDigits is how many digits an integer has that every double of its
// size holds exactly.
const maxSafeDigits = 15

func checkNumber(literal []byte) *Fault {
	integer := !bytes.ContainsAny(literal, ".eE")
	if integer && len(literal) <= maxSafeDigits {
		return nil
	}
	f, err := strconv.ParseFloat(string(literal), 64)
	if err != nil || math.IsInf(f, 0) {
		return NewFault("range", "This number is beyond the range of a double: send it as a string.")
	}
	if !integer {
		return nil
	}
	exact, ok := new(big.Int).SetString(string(literal), 10)
	if held, _ := big.NewFloat(f).Int(nil); !ok || held.Cmp(exact) != 0 {
		return NewFault("precision", "A double cannot hold this integer exactly: send it as a string.")
	}
	return nil
}

// Merge gives o with the members of patch set; a member that is null in patch
// is removed. Members keep their places, new ones come last. Both are valid
// JSON objects or nil.
func (o Object) Merge(patch Object) Object {
	members := o.members()
	at := make(map[string]int, len(members))
	for i, m := range members {
		at[m.key] = i
	}
	for _, m := range patch.members() {
		if string(m.value) == "null" {
			m.value = nil
		}
		i, known := at[m.key]
		switch {
		case known:
			members[i].value = m.value
		case m.value != nil:
			at[m.key] = len(members)
			members = append(members, m)
		}
	}
	b := []byte{'{'}
	for _, m := range members {
		if m.value == nil {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(b, m.rawKey...)
		b = append(b, ':')
		b = append(b, m.value...)
	}
	if len(b) == 1 {
		return nil
	}
	return append(b, '}')
}

// Len gives the number of members.
func (o Object) Len() int { return len(o.members()) }

type member struct {
	key    string
	rawKey []byte // with its quotes, escaped as it was given
	value  []byte // nil for one to remove
}

func (o Object) members() []member {
	dec := json.NewDecoder(bytes.NewReader(o))
	if _, err := dec.Token(); err != nil {
		return nil
	}
	var members []member
	for dec.More() {
		from := dec.InputOffset()
		key, err := dec.Token()
		if err != nil {
			return members
		}
		rawKey := bytes.TrimLeft(o[from:dec.InputOffset()], ", \t\r\n")
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return members
		}
		name, _ := key.(string)
		members = append(members, member{key: name, rawKey: rawKey, value: value})
	}
	return members
}
