package transfer

import (
	"reflect"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

// TestEveryFieldCounts changes one field of a record after the other, the fields
// of what is in it too: each moves the checksum.
func TestEveryFieldCounts(t *testing.T) {
	t.Parallel()
	at := func() *activity.Timestamp { return new(activity.Timestamp) }
	text := "text"
	for name, encode := range map[string]struct {
		record any
		sum    func(any) Sum
	}{
		"account": {
			&Account{
				Channels: []activity.Channel{{}}, Folders: []activity.Folder{{}}, Sessions: []activity.Session{{}}, Profiles: []Profile{{}},
				Accesses: []activity.Access{{
					Permissions: []activity.Permission{{FolderPermissions: []activity.FolderPermission{{}}}},
					Tokens:      []activity.TokenHash{{}}, Expires: at(), LastUsed: at(),
				}},
			},
			func(v any) Sum {
				all := Sum{}
				sums := sumAccount(v.(*Account))
				for _, k := range sums.kinds() {
					all.Hash += k.Hash
				}
				return all
			},
		},
		"event": {
			&Event{
				Event: activity.Event{
					Tags: []string{""}, Description: &text, Attachments: []activity.Attachment{{}}, ExactEnd: at(), Deleted: at(),
					Duration: activity.Seconds(1),
				},
				Chain: activity.Chain{""}, Request: &storage.Request{},
			},
			func(v any) Sum {
				s := newEventSums()
				s.add(v.(*Event))
				return s.in(Sums{}).Tombstones
			},
		},
		"shared": {
			&Shared{SigningKeys: []storage.SigningKey{{}}, Tokens: []OneTimeToken{{}}, Blocked: []BlockedName{{}}},
			func(v any) Sum { return sumShared(v.(*Shared)) },
		},
	} {
		seen := map[string]string{encode.sum(encode.record).Hash: "nothing"}
		each(t, reflect.ValueOf(encode.record), name, func(field string) {
			hash := encode.sum(encode.record).Hash
			if other, ok := seen[hash]; ok {
				t.Errorf("with another %s the checksum is that of %s", field, other)
			}
			seen[hash] = field
		})
		if len(seen) < 8 {
			t.Errorf("%s: %d fields", name, len(seen))
		}
	}
}

// each calls fn while each field that v has or leads to is another, and puts it
// back.
func each(t *testing.T, v reflect.Value, path string, fn func(field string)) {
	t.Helper()
	if v.Type() == reflect.TypeFor[activity.Duration]() {
		old := reflect.ValueOf(v.Interface())
		for name, d := range map[string]activity.Duration{"running": activity.Running, "mark": {}, "seconds": activity.Seconds(2)} {
			v.Set(reflect.ValueOf(d))
			fn(path + " " + name)
		}
		v.Set(old)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		each(t, v.Elem(), path, fn)
		if v.CanSet() {
			set(v, reflect.Zero(v.Type()), path+" nil", fn)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			each(t, v.Field(i), path+"."+v.Type().Field(i).Name, fn)
		}
	case reflect.Slice:
		if v.Len() > 0 {
			each(t, v.Index(0), path, fn)
		} else {
			set(v, reflect.MakeSlice(v.Type(), 1, 1), path, fn)
		}
	case reflect.Array:
		each(t, v.Index(v.Len()-1), path, fn)
	case reflect.String:
		set(v, reflect.ValueOf("another").Convert(v.Type()), path, fn)
	case reflect.Bool:
		set(v, reflect.ValueOf(!v.Bool()).Convert(v.Type()), path, fn)
	default:
		set(v, reflect.ValueOf(1).Convert(v.Type()), path, fn)
	}
}

func set(v, to reflect.Value, field string, fn func(string)) {
	old := reflect.ValueOf(v.Interface())
	v.Set(to)
	fn(field)
	v.Set(old)
}
