package activity_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/activityd/activityd/internal/activity"
)

func TestLevelJSON(t *testing.T) {
	for text, want := range map[string]activity.Level{`"read"`: activity.Read, `"contribute"`: activity.Contribute, `"manage"`: activity.Manage} {
		var got activity.Level
		if err := json.Unmarshal([]byte(text), &got); err != nil || got != want {
			t.Errorf("%s reads as %v, %v", text, got, err)
		}
		if back, err := json.Marshal(got); err != nil || string(back) != text {
			t.Errorf("%v is written %s, %v", got, back, err)
		}
	}
	for _, text := range []string{`"none"`, `"Read"`, `""`, `1`, `null`, `[]`} {
		var got activity.Level
		if err := got.UnmarshalJSON([]byte(text)); err == nil {
			t.Errorf("%s reads as %v", text, got)
		}
	}
}

func TestPermissionJSON(t *testing.T) {
	for text, want := range map[string]activity.Permission{
		`{"channelId":"*","level":"read"}`: {ChannelID: activity.AllChannels, Level: activity.Read},
		`{"channelId":"c","level":"read","folderPermissions":[{"folderId":null,"level":"contribute"},{"folderId":"f","level":"manage"}]}`: {
			ChannelID: "c", Level: activity.Read,
			FolderPermissions: []activity.FolderPermission{{Level: activity.Contribute}, {FolderID: "f", Level: activity.Manage}},
		},
		`{"channelId":"c","level":"manage","folderPermissions":[]}`: {
			ChannelID: "c", Level: activity.Manage, FolderPermissions: []activity.FolderPermission{},
		},
	} {
		var got activity.Permission
		if err := json.Unmarshal([]byte(text), &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s reads as %+v, %v", text, got, err)
		}
		if back, err := json.Marshal(want); err != nil || string(back) != text {
			t.Errorf("%+v is written %s, %v; want %s", want, back, err, text)
		}
	}
}

func TestAccessExpired(t *testing.T) {
	end := activity.Timestamp(100)
	for _, tt := range []struct {
		expires *activity.Timestamp
		now     activity.Timestamp
		want    bool
	}{{nil, 1e300, false}, {&end, 99, false}, {&end, 100, true}, {&end, 101, true}} {
		a := activity.Access{Expires: tt.expires}
		if got := a.Expired(tt.now); got != tt.want {
			t.Errorf("expired at %v: %t", tt.now, got)
		}
	}
}

func TestSessionAccess(t *testing.T) {
	a := activity.SessionAccess(activity.Session{ID: "s", AppID: "app", Created: 1, Expires: 2})
	if !a.Personal() || a.Name != "app" || a.ID != "s" || !a.Expired(2) || a.Expired(1.5) {
		t.Errorf("a session acts as %+v", a)
	}
}

func TestHashToken(t *testing.T) {
	token := "a"
	if first, again := activity.HashToken(token), activity.HashToken(token); first != again || first == activity.HashToken("A") {
		t.Error("hashes of tokens are not those of the tokens")
	}
}
