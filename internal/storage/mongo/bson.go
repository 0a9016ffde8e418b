package mongo

import (
	"errors"
	"strconv"

	core "go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"

	"github.com/activityd/activityd/internal/activity"
)

// Events and changes are many: they are written and read by hand, which takes
// a fifth of the time that reflection does.

// errShape is what a document is answered with that activityd never wrote.
var errShape = errors.New("a document has not the shape that it was stored in")

// eachElement calls fn with each element of a document.
func eachElement(doc []byte, fn func(key []byte, v core.Value) error) error {
	length, rem, ok := core.ReadLength(doc)
	if !ok || int(length) > len(doc) {
		return errShape
	}
	rem = rem[:length-4]
	for len(rem) > 1 {
		var e core.Element
		if e, rem, ok = core.ReadElement(rem); !ok {
			return errShape
		}
		v, err := e.ValueErr()
		if err != nil {
			return errShape
		}
		if err := fn(e.KeyBytes(), v); err != nil {
			return err
		}
	}
	return nil
}

// document appends a document with what fill appends.
func document(b []byte, fill func([]byte) []byte) []byte {
	at, b := core.AppendDocumentStart(b)
	b, _ = core.AppendDocumentEnd(fill(b), at) // fails for a negative position only
	return b
}

// subdocument appends an element that is a document.
func subdocument(b []byte, key string, fill func([]byte) []byte) []byte {
	at, b := core.AppendDocumentElementStart(b, key)
	b, _ = core.AppendDocumentEnd(fill(b), at)
	return b
}

// array appends an element that is an array of n things.
func array(b []byte, key string, n int, item func(b []byte, key string, i int) []byte) []byte {
	at, b := core.AppendArrayElementStart(b, key)
	for i := range n {
		b = item(b, strconv.Itoa(i), i)
	}
	b, _ = core.AppendArrayEnd(b, at)
	return b
}

// optionalText appends a string unless it is empty.
func optionalText(b []byte, key, value string) []byte {
	if value == "" {
		return b
	}
	return core.AppendStringElement(b, key, value)
}

func appendTime(b []byte, key string, t activity.Timestamp) []byte {
	return core.AppendDoubleElement(b, key, float64(t))
}

// appendChain appends a chain as an array of ids, nothing for nil.
func appendChain(b []byte, key string, chain activity.Chain) []byte {
	if chain == nil {
		return b
	}
	return array(b, key, len(chain), func(b []byte, key string, i int) []byte {
		return core.AppendStringElement(b, key, string(chain[i]))
	})
}

func readChain(v core.Value) (activity.Chain, error) {
	chain := activity.Chain{}
	err := eachElement(v.Data, func(_ []byte, v core.Value) error {
		id, ok := v.StringValueOK()
		if !ok {
			return errShape
		}
		chain = append(chain, activity.FolderID(id))
		return nil
	})
	return chain, err
}

// The values of documents; the zero value for one of another type, which the
// validators keep out.

func textOf(v core.Value) string {
	s, _ := v.StringValueOK()
	return s
}

// bytesOf gives a string's bytes, which are its own.
func bytesOf(v core.Value) []byte {
	if length, rem, ok := core.ReadLength(v.Data); ok && v.Type == core.TypeString && int(length) == len(rem) && length > 0 {
		return append(make([]byte, 0, length-1), rem[:length-1]...)
	}
	return nil
}

func timeOf(v core.Value) activity.Timestamp {
	f, _ := v.DoubleOK()
	return activity.Timestamp(f)
}

func numberOf(v core.Value) int64 {
	n, _ := v.AsInt64OK()
	return n
}

func yes(v core.Value) bool {
	b, _ := v.BooleanOK()
	return b
}
