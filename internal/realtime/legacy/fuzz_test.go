package legacy_test

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/activityd/activityd/internal/realtime/legacy"
)

func seedPackets(f *testing.F) {
	f.Helper()
	for _, p := range malformed {
		f.Add([]byte(p))
	}
	text, err := os.ReadFile("testdata/packets-events.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, l := range strings.Split(string(text), "\n") {
		if _, p, ok := strings.Cut(l, "> "); ok {
			f.Add([]byte(p))
		}
	}
}

// FuzzPacket holds that what is accepted says the same when it is written again,
// and that its data, if it counts, is JSON.
func FuzzPacket(f *testing.F) {
	seedPackets(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		kind, id, dataAck, endpoint, data, ok := legacy.ParsePacket(b)
		if !ok {
			return
		}
		if len(id) > 15 || len(endpoint) > 256 || strings.Contains(endpoint, ":") || !utf8.Valid(b) {
			t.Fatalf("accepted %q", b)
		}
		switch kind {
		case '5':
			event(t, id, dataAck, endpoint, data)
		case '6':
			acknowledgement(t, endpoint, data)
		}
	})
}

func event(t *testing.T, id string, dataAck bool, endpoint string, data []byte) {
	t.Helper()
	name, args, ok := legacy.ParseEvent(data)
	if !ok {
		return
	}
	for _, a := range args {
		// encoding/json is less patient with depth, and with nothing else.
		if !json.Valid(a) && bytes.Count(a, []byte("["))+bytes.Count(a, []byte("{")) < 5000 {
			t.Fatalf("argument %q of %q", a, data)
		}
	}
	asked := ""
	if dataAck {
		asked = id
	}
	again := legacy.EventPacket(asked, endpoint, name, false, args)
	if bytes.ContainsAny(again[len(endpoint):], "\n\r\u2028\u2029") && !strings.ContainsAny(endpoint, "\n\r\u2028\u2029") {
		t.Fatalf("%q ends a line", again)
	}
	_, id2, dataAck2, endpoint2, data2, ok := legacy.ParsePacket(again)
	name2, args2, ok2 := legacy.ParseEvent(data2)
	if !ok || !ok2 || id2 != asked || dataAck2 != (asked != "") || endpoint2 != endpoint || name2 != name || len(args2) != len(args) {
		t.Fatalf("%q became %q", data, again)
	}
	for i := range args {
		same(t, args[i], args2[i])
	}
}

func acknowledgement(t *testing.T, endpoint string, data []byte) {
	t.Helper()
	id, args, ok := legacy.ParseAck(data)
	if !ok {
		return
	}
	again := legacy.AckPacket(endpoint, strconv.FormatUint(id, 10), false, args)
	_, _, _, _, data2, ok := legacy.ParsePacket(again)
	id2, args2, ok2 := legacy.ParseAck(data2)
	if !ok || !ok2 || id2 != id || len(args2) != len(args) {
		t.Fatalf("%q became %q", data, again)
	}
	for i := range args {
		same(t, args[i], args2[i])
	}
}

// same holds that two JSON texts mean the same.
func same(t *testing.T, a, b []byte) {
	t.Helper()
	var va, vb any
	if json.Unmarshal(a, &va) != nil {
		return // too deep for it
	}
	if err := json.Unmarshal(b, &vb); err != nil || !reflect.DeepEqual(va, vb) {
		t.Fatalf("%q became %q: %v", a, b, err)
	}
}

// FuzzPayload holds that what is accepted frames the same packets again.
func FuzzPayload(f *testing.F) {
	seedPackets(f)
	f.Add([]byte("\ufffd3\ufffd2::\ufffd6\ufffd3:::😀"))
	f.Add([]byte("\ufffd99999999999999999999\ufffd2::"))
	f.Fuzz(func(t *testing.T, b []byte) {
		packets, ok := legacy.SplitPayload(b)
		if !ok {
			return
		}
		if len(packets) < 2 {
			return // a single one goes bare
		}
		again, ok := legacy.SplitPayload(legacy.EncodePayload(packets))
		if !ok || !reflect.DeepEqual(again, packets) {
			t.Fatalf("%q became %q", packets, again)
		}
	})
}

// FuzzPlaceholders holds that JSON stays JSON, without any placeholder in it.
func FuzzPlaceholders(f *testing.F) {
	f.Add([]byte(`{"_placeholder":true,"num":0}`))
	f.Add([]byte(`[{"_placeholder":true,"num":0},"{\"_placeholder\":true,\"num\":1}",{"_placeholder":true,"num":12,"x":1}]`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if !json.Valid(b) {
			return
		}
		if got := legacy.WithoutPlaceholders(b); !json.Valid(got) {
			t.Fatalf("%q became %q", b, got)
		}
	})
}
