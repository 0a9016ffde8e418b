package realtime_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestRoundTrip: every generation, on every transport, connects, runs commands
// and hears of what changes, whoever changed it.
func TestRoundTrip(t *testing.T) {
	h := open(t)
	token := h.addUser("alice")
	for _, protocol := range protocols() {
		for _, polling := range []bool{false, true} {
			t.Run(fmt.Sprintf("protocol %d, polling %t", protocol, polling), func(t *testing.T) {
				channel := fmt.Sprintf("c%d-%t", protocol, polling)
				c := client{protocol: protocol, polling: polling, query: "auth=" + token + "&resource=/alice"}
				one, other := h.connect(c), h.connect(c)
				result := h.command(one, "channels.create", `{"id": "`+channel+`", "name": "`+channel+`"}`)
				if !strings.Contains(result, `"id":"`+channel+`"`) {
					t.Errorf("created %s", result)
				}
				h.wait(one, "channelsChanged", "")
				h.wait(other, "channelsChanged", "")
				h.must("alice", token, http.MethodPost, "/"+channel+"/events", `{"type": "note/txt", "value": "Héllo 😀"}`, nil)
				h.wait(one, "eventsChanged", channel)
				h.wait(other, "eventsChanged", channel)
				args, err := other.Call(t.Context(), channel+".events.get", `{"limit": 5}`)
				if err != nil || len(args) != 2 || !strings.Contains(string(args[1]), "Héllo 😀") {
					t.Errorf("events: %s, %v", args, err)
				}
				h.command(one, channel+".folders.create", `{"name": "Folder"}`)
				h.wait(one, "foldersChanged", channel)
				h.wait(other, "foldersChanged", channel)
			})
		}
	}
}
