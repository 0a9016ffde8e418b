package socketio_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/activityd/activityd/internal/realtime/socketio"
)

// FuzzSplitArray holds the scanner against the standard decoder.
func FuzzSplitArray(f *testing.F) {
	for _, s := range []string{
		`[]`, ` [ ] `, `["a",1,-0.5e+3,true,false,null,{"a":[{}]},"\u00e9\n"]`, `[1,]`, `[01]`, `[1 2]`, `["a]`,
		`{"a":1}`, `[{"a"}]`, `[{"a":1,}]`, `[[[[]]]`, `["\x"]`, `["\u12g4"]`, `[.5]`, `[1.]`, `[1e]`, `[-]`, `[nul]`, "[\"a\nb\"]",
		`[{"_placeholder":true,"num":0}]`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if !utf8.Valid(text) {
			return // refused before
		}
		elements, err := socketio.SplitArray(text)
		var want []json.RawMessage
		standard := json.Unmarshal(text, &want)
		if bytes.Equal(bytes.TrimSpace(text), []byte("null")) {
			standard = bytes.ErrTooLarge // the standard decoder takes it for no array
		}
		if len(want) > 1000 {
			standard = bytes.ErrTooLarge // beyond our bound
		}
		if (err == nil) != (standard == nil) {
			t.Fatalf("%q: %v, the standard decoder %v", text, err, standard)
		}
		if err != nil {
			return
		}
		if len(elements) != len(want) {
			t.Fatalf("%q: %d elements, want %d", text, len(elements), len(want))
		}
		for i := range want {
			if !bytes.Equal(elements[i], bytes.TrimSpace(want[i])) {
				t.Errorf("%q: element %d is %q", text, i, elements[i])
			}
		}
	})
}

// FuzzSplitObject holds it, and the check of auth, against the standard decoder.
func FuzzSplitObject(f *testing.F) {
	for _, s := range []string{
		`{}`, ` { } `, `{"a":1}`, `{"a":[1,{"b":2}],"a\"":"}","\u0061":null}`, `{"a":1,}`, `{"a"}`, `{a:1}`, `{"a":1}{}`, `[]`, `null`, `{"":{"":{}}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if !utf8.Valid(text) {
			return // refused before
		}
		members, err := socketio.SplitObject(text)
		object := json.Valid(text) && bytes.HasPrefix(bytes.TrimSpace(text), []byte("{"))
		if socketio.IsObject(text) != object {
			t.Fatalf("%q: an object: %t", text, !object)
		}
		if err != nil {
			if object && bytes.Count(text, []byte(":")) < 1000 {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		if !object {
			t.Fatalf("%q is no object", text)
		}
		again := []byte{'{'}
		for i, part := range members {
			if !json.Valid(part) || i%2 == 0 && part[0] != '"' {
				t.Fatalf("%q: part %q", text, part)
			}
			again = append(append(again, part...), ":,"[i%2])
		}
		again = append(bytes.TrimSuffix(again, []byte{','}), '}')
		var want, got bytes.Buffer
		if json.Compact(&want, text) != nil || json.Compact(&got, again) != nil || want.String() != got.String() {
			t.Errorf("%q came back as %q", text, again)
		}
	})
}

func FuzzQuoting(f *testing.F) {
	for _, s := range []string{"", "a", "\"\\\n\x00", "é😀\u2028", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		quoted := socketio.AppendQuoted(nil, text)
		var standard string
		if err := json.Unmarshal(quoted, &standard); err != nil {
			t.Fatal(err)
		}
		got, ok := socketio.Unquote(quoted)
		if !ok || got != standard || utf8.ValidString(text) && got != text {
			t.Errorf("%q became %q, the standard decoder has %q", text, got, standard)
		}
	})
}

func FuzzPlaceholder(f *testing.F) {
	for _, s := range []string{
		`{"_placeholder":true,"num":0}`, `{ "num" : 12 , "_placeholder" : true }`, `{"_placeholder":true}`, `{"num":1}`,
		`{"_placeholder":false,"num":0}`, `{"_placeholder":true,"num":-1}`, `{"_placeholder":true,"num":1.5}`, `{"_placeholder":true,"num":0,"x":1}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		n, ok := socketio.Placeholder(text)
		if !ok {
			return
		}
		var value struct {
			Placeholder bool `json:"_placeholder"`
			Num         int  `json:"num"`
		}
		if err := json.Unmarshal(text, &value); err != nil || !value.Placeholder || value.Num != n {
			t.Errorf("%q: %d, but %+v, %v", text, n, value, err)
		}
	})
}

// FuzzPacket puts together again what was taken apart.
func FuzzPacket(f *testing.F) {
	for _, s := range []string{
		`0`, `0/u?a=b,{}`, `1/u`, `2["a"]`, `2/u,12["a"]`, `3000[]`, `51-["a"]`, `510-/u,1["a"]`, `61-/u,3[]`, `7`, `50-`, `5`, `2/u`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		kind, attachments, namespace, query, id, data, err := socketio.ParsePacket(b)
		if err != nil {
			return
		}
		if attachments > 10 || len(namespace) > 512 || id >= 1_000_000_000_000_000 || id < -1 {
			t.Fatalf("%q: %d attachments, namespace %q, id %d", b, attachments, namespace, id)
		}
		if !bytes.HasSuffix(b, data) || b[0] != kind || !bytes.Contains(b, query) {
			t.Fatalf("%q: data %q", b, data)
		}
		if (kind == '5' || kind == '6') != (attachments > 0) {
			t.Errorf("%q: %d attachments", b, attachments)
		}
		if len(namespace) > 0 && namespace[0] != '/' {
			t.Errorf("%q: namespace %q", b, namespace)
		}
		if _, err := socketio.SplitArray(data); err == nil {
			socketio.PlaceholdersFit(data, attachments)
		}
	})
}
