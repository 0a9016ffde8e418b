package params

import (
	"bytes"
	"errors"
	"io"
	"iter"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/activityd/activityd/internal/activity"
	"github.com/go-json-experiment/json/jsontext"
)

// Input is where the parameters of one request stand.
type Input struct {
	Path  map[string]string // unescaped
	Query url.Values
	Body  []byte // JSON text; empty for none; not changed, and not kept

	// Wrapper names a member of the body whose members count as the body's own,
	// such as "update" in commands; "" for none.
	Wrapper string

	// MaxDepth bounds the nesting of values and client data.
	MaxDepth int

	// Further gives faults that the method's struct cannot find by itself, with
	// their paths from the whole; into is what Read sets, of which parts may not
	// have been read. Nil for none.
	Further func(into any) []activity.Fault
}

// member is one parameter as it was given.
type member struct {
	name string
	raw  jsontext.Value // from a body
	text []string       // from a query; raw is nil then
}

// envelopeDepth is how deep a request nests beyond a value's own nesting:
// batch array, entry, params, list, event; and the children of a folder, an
// array and an object for each level, which clients may send back.
const envelopeDepth = 16 + 2*activity.MaxFolderDepth

// CheckStructure accepts one JSON text: valid UTF-8 without lone surrogates,
// no key twice in an object. It fails with CodeInvalidRequestStructure, or
// CodeInvalidParametersFormat for nesting beyond what any method takes.
func CheckStructure(body []byte, maxDepth int) error {
	if err := checkNesting(body, maxDepth+envelopeDepth); err != nil {
		return err
	}
	dec := decoder(body)
	if err := dec.SkipValue(); err != nil {
		return structureError(err)
	}
	return checkEnd(dec)
}

// decoder reads the text in place.
func decoder(text []byte) *jsontext.Decoder {
	return jsontext.NewDecoder(bytes.NewBuffer(text))
}

func checkEnd(dec *jsontext.Decoder) error {
	if _, err := dec.ReadToken(); !errors.Is(err, io.EOF) {
		return activity.NewError(activity.CodeInvalidRequestStructure, "The body goes on after its JSON value: send exactly one.")
	}
	return nil
}

func structureError(err error) error {
	message := "The body is not valid JSON: send one JSON value in UTF-8."
	var syntax *jsontext.SyntacticError
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName):
		message = "An object of the body has the same key twice: send each key once."
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		message = "The body ends before its JSON value does: send all of it."
	}
	e := activity.NewError(activity.CodeInvalidRequestStructure, "%s", message).Because(err)
	if errors.As(err, &syntax) {
		e = e.With(map[string]any{"offset": syntax.ByteOffset})
	}
	return e
}

func checkNesting(text []byte, most int) error {
	depth, inString := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case inString:
			if c == '\\' {
				i++
			}
			inString = c != '"'
		case c == '"':
			inString = true
		case c == '{' || c == '[':
			if depth++; depth > most {
				return activity.FaultsError([]activity.Fault{*activity.NewFault("depth", "The body nests deeper than any value may: flatten it.")})
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}

// members gives the parameters in body and query. It fails when the body is no
// JSON object.
func (in *Input) members(pool *sync.Pool) ([]member, error) {
	var all []member
	if len(bytes.TrimSpace(in.Body)) > 0 {
		var err error
		if all, err = in.bodyMembers(pool); err != nil {
			return nil, err
		}
	}
	return append(all, queryMembers(in.Query)...), nil
}

// bodyMembers checks the body as CheckStructure does and takes it apart, in
// one pass. The pool has decoders that have grown to what a request needs.
func (in *Input) bodyMembers(pool *sync.Pool) ([]member, error) {
	if err := checkNesting(in.Body, in.MaxDepth+envelopeDepth); err != nil {
		return nil, err
	}
	dec, ok := pool.Get().(*jsontext.Decoder)
	if !ok {
		dec = new(jsontext.Decoder)
	}
	dec.Reset(bytes.NewBuffer(in.Body))
	defer func() {
		dec.Reset(new(bytes.Buffer)) // not to keep the body
		pool.Put(dec)
	}()
	if dec.PeekKind() != '{' {
		if err := CheckStructure(in.Body, in.MaxDepth); err != nil {
			return nil, err
		}
		return nil, activity.NewError(activity.CodeInvalidRequestStructure, "The parameters must be a JSON object: send {…}.")
	}
	all := make([]member, 0, 16)
	for m, err := range walk(dec, in.Body) {
		if err != nil {
			return nil, structureError(err)
		}
		if in.Wrapper == "" || m.name != in.Wrapper || m.raw.Kind() != '{' {
			all = append(all, m)
			continue
		}
		for inner, err := range walk(decoder(m.raw), m.raw) {
			if err != nil {
				return nil, structureError(err)
			}
			all = append(all, inner)
		}
	}
	return all, checkEnd(dec)
}

// walk gives the members of the object that dec stands before; text is all
// that dec reads, and members' raw texts are parts of it. Where the object is
// not valid its last element is the error.
func walk(dec *jsontext.Decoder, text []byte) iter.Seq2[member, error] {
	return func(yield func(member, error) bool) {
		if _, err := dec.ReadToken(); err != nil {
			yield(member{}, err)
			return
		}
		for {
			token, err := dec.ReadToken()
			if err == nil && token.Kind() == '}' {
				return
			}
			if err != nil {
				yield(member{}, err)
				return
			}
			m := member{name: token.String()}
			raw, err := dec.ReadValue()
			if err != nil {
				yield(member{}, err)
				return
			}
			end := dec.InputOffset()
			m.raw = jsontext.Value(text[end-int64(len(raw)) : end : end])
			if !yield(m, nil) {
				return
			}
		}
	}
}

// array walks the elements of a valid array's text.
func array(text []byte) iter.Seq2[int, jsontext.Value] {
	return func(yield func(int, jsontext.Value) bool) {
		dec := decoder(text)
		if _, err := dec.ReadToken(); err != nil {
			return
		}
		for i := 0; dec.PeekKind() != ']'; i++ {
			raw, err := dec.ReadValue()
			if err != nil {
				return
			}
			end := dec.InputOffset()
			if !yield(i, text[end-int64(len(raw)):end:end]) {
				return
			}
		}
	}
}

// ignoredQuery reports whether the name in a query is no parameter: the token,
// and what old libraries add against caches.
func ignoredQuery(name string) bool { return name == "auth" || name == "_" }

// queryMembers gives the parameters of a query in a fixed order. An array may
// be written name[]=a&name[]=b.
func queryMembers(query url.Values) []member {
	var all []member
	for name, values := range query {
		if !ignoredQuery(name) {
			all = append(all, member{name: strings.TrimSuffix(name, "[]"), text: values})
		}
	}
	slices.SortFunc(all, func(a, b member) int { return strings.Compare(a.name, b.name) })
	return all
}
