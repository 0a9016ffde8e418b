package engineio_test

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/activityd/activityd/internal/realtime/engineio"
)

// FuzzPayload decodes bodies of every framing; what is accepted survives the
// way out and in again.
func FuzzPayload(f *testing.F) {
	for _, s := range []string{
		"4hello", "4a\x1e4b\x1ebAQI=", "\x1e", "6:4hello", "6:4hello10:b4AQIDBA==", "3:4😀", "2:4é", "0:", "99999999:4",
		"\x00\x06\xff4hello\x01\x03\xff\x04\x01\x02", "\x00\xff", "\x00\x09\x09\x09\xff", "7:4Ã©ð\u009f\u0098\u0080",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		roundTrip(t, "separated", body, engineio.FramingSeparated.Next, engineio.FramingSeparated.Encode)
		roundTrip(t, "text", body, engineio.FramingText.Next, engineio.FramingText.Encode)
		roundTrip(t, "twice", body, engineio.FramingTwice.Next, engineio.FramingTwice.Encode)
		roundTrip(t, "binary", body, engineio.FramingBinary.Next, engineio.FramingBinary.Encode)
	})
}

func roundTrip(t *testing.T, name string, body []byte,
	next func([]byte) ([]byte, bool, []byte, error), encode func([][]byte, []bool) []byte) {
	t.Helper()
	decode := func(body []byte) (packets [][]byte, binary []bool, ok bool) {
		for len(body) > 0 {
			packet, bin, rest, err := next(body)
			if err != nil {
				return nil, nil, false
			}
			if len(packet) == 0 || len(rest) >= len(body) {
				t.Fatalf("%s: %q: packet %q, rest %q", name, body, packet, rest)
			}
			packets, binary, body = append(packets, packet), append(binary, bin), rest
		}
		return packets, binary, true
	}
	packets, binary, ok := decode(body)
	if !ok {
		return
	}
	for _, p := range packets {
		if !utf8.Valid(p) && name != "binary" {
			return // is refused next; lengths in characters are not defined for it
		}
	}
	again, _, ok := decode(encode(packets, binary))
	if !ok || len(again) != len(packets) {
		t.Fatalf("%s: %q does not come back: %q", name, body, encode(packets, binary))
	}
	for i := range packets {
		if !bytes.Equal(packets[i], again[i]) {
			t.Errorf("%s: packet %q came back as %q", name, packets[i], again[i])
		}
	}
}

func FuzzTwice(f *testing.F) {
	for _, s := range []string{"", "a", "é😀", "\u00ff", "Ã©"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		engineio.DecodeTwice([]byte(text))
		if !utf8.ValidString(text) {
			return
		}
		if got := engineio.DecodeTwice(engineio.EncodeTwice([]byte(text))); string(got) != text {
			t.Errorf("%q came back as %q", text, got)
		}
		if got := engineio.Units([]byte(text)); got != len(utf16.Encode([]rune(text))) {
			t.Errorf("%q has %d units", text, got)
		}
	})
}

func FuzzBase64(f *testing.F) {
	for _, s := range []string{"b", "b4", "bAQI=", "b4AQI=", "b4===="} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, packet []byte) {
		if len(packet) == 0 {
			return
		}
		for _, revision := range []uint8{2, 3, 4} {
			if data, err := engineio.DecodeBase64(revision, packet); err == nil && len(data) > len(packet) {
				t.Errorf("%q became %d bytes", packet, len(data))
			}
		}
	})
}

// FuzzJSONP reads the script back as JavaScript would, and a form as a browser
// sends it.
func FuzzJSONP(f *testing.F) {
	for _, s := range []string{"", `4"\`, "a\nb\\nc\u2028</script>", "\x00\x1f\x7f", `\\n\n`, "\\\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := engineio.FormData([]byte(text)); err == nil && !strings.Contains(text, "d") {
			t.Errorf("a form without d: %q", text)
		}
		if !utf8.ValidString(text) {
			return
		}
		got := string(engineio.Script("7", []byte(text)))
		literal := strings.TrimSuffix(strings.TrimPrefix(got, "___eio[7]("), ");")
		var back string
		if err := json.Unmarshal([]byte(literal), &back); err != nil || back != text {
			t.Errorf("%q came back as %q, %v", text, back, err)
		}
		if strings.ContainsAny(literal, "<>&\n\u2028\u2029") {
			t.Errorf("unsafe: %q", literal)
		}
		if strings.Contains(text, "\\\n") {
			return // clients write it as they write `\n`; JSON holds no such thing
		}
		escaped := strings.ReplaceAll(strings.ReplaceAll(text, `\n`, "\\\n"), "\n", `\n`)
		form, err := engineio.FormData([]byte("d=" + url.QueryEscape(escaped)))
		if err != nil || string(form) != text {
			t.Errorf("%q came back from the form as %q, %v", text, form, err)
		}
	})
}
