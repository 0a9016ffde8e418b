package mongo

import (
	"bytes"
	"encoding/binary"
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
	if !ok || length < 5 || int(length) > len(doc) {
		return errShape
	}
	rem = rem[:length-5] // without the byte that ends it
	for len(rem) > 0 {
		kind := core.Type(rem[0])
		end := bytes.IndexByte(rem, 0)
		if end < 1 {
			return errShape
		}
		n := valueSize(kind, rem[end+1:])
		if n < 0 || n > len(rem)-end-1 {
			return errShape
		}
		key, value := rem[1:end], rem[end+1:end+1+n]
		rem = rem[end+1+n:]
		if err := fn(key, core.Value{Type: kind, Data: value}); err != nil {
			return err
		}
	}
	return nil
}

// valueSize gives how many bytes a value takes, of the types that are stored;
// less than 0 for others.
func valueSize(kind core.Type, b []byte) int {
	counted := 0
	switch kind {
	case core.TypeNull, core.TypeMinKey, core.TypeMaxKey:
		return 0
	case core.TypeBoolean:
		return 1
	case core.TypeInt32:
		return 4
	case core.TypeDouble, core.TypeInt64, core.TypeDateTime, core.TypeTimestamp:
		return 8
	case core.TypeObjectID:
		return 12
	case core.TypeDecimal128:
		return 16
	case core.TypeString:
		counted = 4
	case core.TypeBinary:
		counted = 5
	case core.TypeEmbeddedDocument, core.TypeArray:
	default:
		return -1
	}
	if len(b) < 4 {
		return -1
	}
	size := int(int32(binary.LittleEndian.Uint32(b))) //nolint:gosec // it is signed in BSON
	if size < 0 {
		return -1
	}
	return size + counted
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
