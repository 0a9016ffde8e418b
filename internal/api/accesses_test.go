package api_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/activity"
)

// openShared starts a service with the user alice and her channels diary, work
// and position; work has the folders desk, desk-top below it, and field. It
// gives her session's token.
func openShared(t *testing.T) (*accounts, string) {
	t.Helper()
	a := openAccounts(t)
	a.addUser(t, "alice")
	token := a.login(t, "alice")
	for _, id := range []string{"diary", "work", "position"} {
		a.must(t, "channels.create", request{user: "alice", token: token, body: object("id", id, "name", id)})
	}
	for _, f := range [][2]string{{"desk", ""}, {"desk-top", "desk"}, {"field", ""}} {
		body := object("id", f[0], "name", f[0])
		if f[1] != "" {
			body = object("id", f[0], "name", f[0], "parentId", f[1])
		}
		a.must(t, "folders.create", request{user: "alice", token: token, path: map[string]string{"channelId": "work"}, body: body})
	}
	return a, token
}

// access is the body of a new access.
func access(kind, name, permissions string, more ...string) string {
	return fmt.Sprintf(`{"type":%q,"name":%q,"permissions":%s%s}`, kind, name, permissions, strings.Join(more, ""))
}

// give creates an access as alice and gives it.
func (a *accounts) give(t *testing.T, token, body string) map[string]any {
	t.Helper()
	return a.must(t, "accesses.create", request{user: "alice", token: token, body: body})
}

func names(items []map[string]any) string {
	var all []string
	for _, item := range items {
		all = append(all, item["name"].(string))
	}
	return strings.Join(all, " ")
}

func TestAccessIsMadeShownAndEnded(t *testing.T) {
	a, owner := openShared(t)
	made := a.give(t, owner, access("shared", "friend", `[{"channelId":"diary","level":"read"}]`))
	token, id := made["token"].(string), made["id"].(string)
	if len(token) < 26 || made["createdBy"] != "test app" || made["type"] != "shared" {
		t.Fatalf("unexpected access %v", made)
	}

	shown := a.list(t, "accesses.get", request{user: "alice", token: owner})
	delete(made, "token")
	if len(shown) != 1 || !reflect.DeepEqual(shown[0], made) {
		t.Errorf("want %v without its token, got %v", made, shown)
	}
	info := a.must(t, "accessInfo.get", request{user: "alice", token: token})
	want := map[string]any{
		"id": id, "type": "shared", "name": "friend",
		"permissions": []any{map[string]any{"channelId": "diary", "level": "read"}},
	}
	if !reflect.DeepEqual(info, want) {
		t.Errorf("want %v, got %v", want, info)
	}

	a.must(t, "accesses.delete", request{user: "alice", token: owner, id: id})
	if a.alive(t, "alice", token) {
		t.Error("the token of a deleted access lets somebody in")
	}
	a.refused(t, activity.CodeUnknownAccess, "accesses.delete", request{user: "alice", token: owner, id: id})
	if shown := a.list(t, "accesses.get", request{user: "alice", token: owner}); len(shown) != 0 {
		t.Errorf("a deleted access is listed: %v", shown)
	}
}

func TestAccessInfoOfSession(t *testing.T) {
	a, owner := openShared(t)
	info := a.must(t, "accessInfo.get", request{user: "alice", token: owner})
	if info["type"] != "personal" || info["name"] != "test app" || info["expires"] == nil ||
		!reflect.DeepEqual(info["permissions"], []any{map[string]any{"channelId": "*", "level": "manage"}}) {
		t.Errorf("unexpected %v", info)
	}
}

func TestAccessParametersAreAccepted(t *testing.T) {
	a, owner := openShared(t)
	expires := a.seconds(time.Hour)
	for name, body := range map[string]string{
		"every channel":            access("shared", "1", `[{"channelId":"*","level":"manage"}]`),
		"a folder of any channel":  access("shared", "2", `[{"channelId":"*","folderPermissions":[{"folderId":"desk","level":"read"}]}]`),
		"no folder":                access("shared", "3", `[{"channelId":"work","folderPermissions":[{"folderId":null,"level":"read"}]}]`),
		"a level beside folders":   access("shared", "4", `[{"channelId":"work","level":"manage","folderPermissions":[{"folderId":"desk","level":"read"}]}]`),
		"channel and folder":       access("shared", "5", `[{"channelId":"work","level":"read"},{"channelId":"work","folderPermissions":[{"folderId":"desk","level":"manage"}]}]`),
		"nothing at all":           access("app", "6", `[]`),
		"an app on a device":       access("app", "7", `[]`, `,"deviceName":"phone"`),
		"the same on another":      access("app", "7", `[]`, `,"deviceName":"tablet"`),
		"the same name as shared":  access("shared", "7", `[]`),
		"an end":                   access("shared", "8", `[]`, `,"expires":`, expires),
		"personal":                 `{"type":"personal","name":"9"}`,
		"personal, empty":          access("personal", "10", `[]`),
		"personal, everything":     access("personal", "11", `[{"channelId":"*","level":"manage"}]`),
		"no type":                  `{"name":"12","permissions":[]}`,
		"a name of 255 characters": access("shared", strings.Repeat("é", 255), `[]`),
	} {
		t.Run(name, func(t *testing.T) {
			made := a.give(t, owner, body)
			if !a.alive(t, "alice", made["token"].(string)) {
				t.Error("the new token lets nobody in")
			}
			if name == "no type" && made["type"] != "shared" {
				t.Errorf("want a shared access by default, got %v", made["type"])
			}
			if name == "no folder" && !strings.Contains(fmt.Sprint(made["permissions"]), "folderId:<nil> level:read") {
				t.Errorf("want the place of events without folder as null, got %v", made["permissions"])
			}
		})
	}
}

func TestAccessTokenIsGiven(t *testing.T) {
	a, owner := openShared(t)
	made := a.give(t, owner, access("shared", "friend", `[]`, `,"token":"My friend's own Token 1"`))
	if made["token"] != "my-friend-s-own-token-1" || !a.alive(t, "alice", "my-friend-s-own-token-1") {
		t.Errorf("unexpected token %v", made["token"])
	}
	a.refused(t, activity.CodeItemIDAlreadyExists, "accesses.create", request{
		user: "alice", token: owner, body: access("shared", "other", `[]`, `,"token":"my-friend-s-own-token-1"`),
	})
}

func TestAccessParametersAreRefused(t *testing.T) {
	a, owner := openShared(t)
	past := a.seconds(0)
	many := func(n int, entry string) string {
		var all []string
		for i := range n {
			all = append(all, fmt.Sprintf(entry, i))
		}
		return strings.Join(all, ",")
	}
	for name, c := range map[string]struct{ body, faults string }{
		"several at once": {
			`{"type":"guest","name":"","colour":1,"permissions":[{"channelId":7,"level":"all"}],"expires":"soon","token":"short"}`,
			"type:enum name:minLength colour:unknown permissions[0].channelId:type permissions[0].level:enum expires:type token:length",
		},
		"no permissions":         {`{"type":"app","name":"x"}`, "permissions:required"},
		"no level":               {access("shared", "x", `[{"channelId":"diary"}]`), "permissions[0].level:required"},
		"level none":             {access("shared", "x", `[{"channelId":"diary","level":"none"}]`), "permissions[0].level:enum"},
		"no level of a folder":   {access("shared", "x", `[{"channelId":"work","folderPermissions":[{"folderId":"desk"}]}]`), "permissions[0].folderPermissions[0].level:required"},
		"no folder id":           {access("shared", "x", `[{"channelId":"work","folderPermissions":[{"level":"read"}]}]`), "permissions[0].folderPermissions[0].folderId:required"},
		"an empty folder id":     {access("shared", "x", `[{"channelId":"work","folderPermissions":[{"folderId":"","level":"read"}]}]`), "permissions[0].folderPermissions[0].folderId:minLength"},
		"a channel twice":        {access("shared", "x", `[{"channelId":"diary","level":"read"},{"channelId":"diary","level":"manage"}]`), "permissions[1].channelId:twice"},
		"a folder twice":         {access("shared", "x", `[{"channelId":"work","folderPermissions":[{"folderId":"desk","level":"read"},{"folderId":"desk","level":"manage"}]}]`), "permissions[0].folderPermissions[1].folderId:twice"},
		"too many":               {access("shared", "x", `[`+many(101, `{"channelId":"c%d","level":"read"}`)+`]`), "permissions:maxItems"},
		"too many folders":       {access("shared", "x", `[{"channelId":"work","folderPermissions":[`+many(1001, `{"folderId":"f%d","level":"read"}`)+`]}]`), "permissions[0].folderPermissions:maxItems"},
		"too many in all":        {access("shared", "x", `[{"channelId":"work","folderPermissions":[`+many(600, `{"folderId":"f%d","level":"read"}`)+`]},{"channelId":"diary","folderPermissions":[`+many(600, `{"folderId":"f%d","level":"read"}`)+`]}]`), "permissions:maxItems"},
		"personal with less":     {access("personal", "x", `[{"channelId":"diary","level":"read"}]`), "permissions:unexpected"},
		"shared on a device":     {access("shared", "x", `[]`, `,"deviceName":"phone"`), "deviceName:unexpected"},
		"ended":                  {access("shared", "x", `[]`, `,"expires":`, past), "expires:minimum"},
		"a name that is no text": {`{"name":5,"permissions":[]}`, "name:type"},
		"a name too long":        {access("shared", strings.Repeat("x", 256), `[]`), "name:maxLength"},
		"a token too long":       {access("shared", "x", `[]`, `,"token":"`, strings.Repeat("x", 101), `"`), "token:length"},
		"an id":                  {access("shared", "x", `[]`, `,"id":"mine"`), "id:unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			e := a.refused(t, activity.CodeInvalidParametersFormat, "accesses.create", request{user: "alice", token: owner, body: c.body})
			if got := faults(t, e); got != c.faults {
				t.Errorf("want the faults %s, got %s", c.faults, got)
			}
		})
	}
	e := a.refused(t, activity.CodeMissingParameter, "accesses.create", request{user: "alice", token: owner, body: `{"permissions":[]}`})
	if data(&e) != `{"missing":["name"]}` {
		t.Errorf("unexpected data %s", data(&e))
	}
}

func TestAccessPlacesMustExist(t *testing.T) {
	a, owner := openShared(t)
	for name, c := range map[string]struct {
		permissions string
		code        activity.Code
		data        string
	}{
		"channels": {
			`[{"channelId":"dairy","level":"read"},{"channelId":"diary","level":"read"},{"channelId":"wrk","level":"read"}]`,
			activity.CodeUnknownChannel, `{"unknownIds":["dairy","wrk"]}`,
		},
		"folders": {
			`[{"channelId":"work","folderPermissions":[{"folderId":"dsk","level":"read"},{"folderId":"desk","level":"read"}]},{"channelId":"diary","folderPermissions":[{"folderId":"desk","level":"read"}]}]`,
			activity.CodeUnknownFolder, `{"unknownIds":["dsk","desk"]}`,
		},
		"a folder of no channel": {
			`[{"channelId":"*","folderPermissions":[{"folderId":"dsk","level":"read"}]}]`,
			activity.CodeUnknownFolder, `{"unknownIds":["dsk"]}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := a.refused(t, c.code, "accesses.create", request{user: "alice", token: owner, body: access("shared", "x", c.permissions)})
			if data(&e) != c.data {
				t.Errorf("want %s, got %s", c.data, data(&e))
			}
		})
	}
}

func TestAccessNamesAreUniquePerTypeAndDevice(t *testing.T) {
	a, owner := openShared(t)
	a.give(t, owner, access("app", "timer", `[]`, `,"deviceName":"phone"`))
	other := a.give(t, owner, access("app", "timer", `[]`))
	a.refused(t, activity.CodeItemNameAlreadyExists, "accesses.create", request{
		user: "alice", token: owner, body: access("app", "timer", `[]`, `,"deviceName":"phone"`),
	})
	a.refused(t, activity.CodeItemNameAlreadyExists, "accesses.update", request{
		user: "alice", token: owner, id: other["id"].(string), body: `{"deviceName":"phone"}`,
	})
}

// appPermissions are those of an app that the tests of rule 4.7 let in.
const appPermissions = `[{"channelId":"diary","level":"contribute"},{"channelId":"work","folderPermissions":[{"folderId":"desk","level":"contribute"}]}]`

func TestAccessHandsOnItsOwnRightsOnly(t *testing.T) {
	a, owner := openShared(t)
	app := a.give(t, owner, access("app", "timer", appPermissions))["token"].(string)
	allApp := a.give(t, owner, access("app", "all", `[{"channelId":"*","level":"read"}]`))["token"].(string)
	folder := func(channel, id, level string) string {
		return fmt.Sprintf(`[{"channelId":%q,"folderPermissions":[{"folderId":%s,"level":%q}]}]`, channel, id, level)
	}
	channel := func(id, level string) string { return fmt.Sprintf(`[{"channelId":%q,"level":%q}]`, id, level) }
	for name, c := range map[string]struct {
		token, kind, permissions string
		code                     activity.Code // "" for allowed
	}{
		"the same":                   {app, "shared", appPermissions, ""},
		"less":                       {app, "shared", channel("diary", "read"), ""},
		"nothing":                    {app, "shared", `[]`, ""},
		"more in the channel":        {app, "shared", channel("diary", "manage"), activity.CodeForbidden},
		"another channel":            {app, "shared", channel("position", "read"), activity.CodeForbidden},
		"an unknown channel":         {app, "shared", channel("dairy", "read"), activity.CodeForbidden},
		"every channel":              {app, "shared", channel("*", "read"), activity.CodeForbidden},
		"its folder":                 {app, "shared", folder("work", `"desk"`, "contribute"), ""},
		"a folder below":             {app, "shared", folder("work", `"desk-top"`, "read"), ""},
		"more in its folder":         {app, "shared", folder("work", `"desk"`, "manage"), activity.CodeForbidden},
		"another folder":             {app, "shared", folder("work", `"field"`, "read"), activity.CodeForbidden},
		"an unknown folder":          {app, "shared", folder("work", `"dsk"`, "read"), activity.CodeForbidden},
		"no folder":                  {app, "shared", folder("work", `null`, "read"), activity.CodeForbidden},
		"no folder of the whole":     {app, "shared", folder("diary", `null`, "contribute"), ""},
		"the channel of a folder":    {app, "shared", channel("work", "read"), activity.CodeForbidden},
		"one allowed, one not":       {app, "shared", `[{"channelId":"diary","level":"read"},{"channelId":"position","level":"read"}]`, activity.CodeForbidden},
		"an unknown folder it knows": {app, "shared", folder("diary", `"dsk"`, "read"), activity.CodeUnknownFolder},
		"an app":                     {app, "app", `[]`, activity.CodeForbidden},
		"a personal access":          {app, "personal", `[]`, activity.CodeForbidden},
		"all for all":                {allApp, "shared", channel("*", "read"), ""},
		"one for all":                {allApp, "shared", channel("position", "read"), ""},
		"more for all":               {allApp, "shared", channel("*", "contribute"), activity.CodeForbidden},
		"unknown for all":            {allApp, "shared", channel("dairy", "read"), activity.CodeUnknownChannel},
		"an app for all":             {allApp, "app", channel("diary", "read"), activity.CodeForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			r := request{user: "alice", token: c.token, body: access(c.kind, name, c.permissions)}
			if c.code != "" {
				a.refused(t, c.code, "accesses.create", r)
				return
			}
			if made := a.must(t, "accesses.create", r); made["createdBy"] != map[string]string{app: "timer", allApp: "all"}[c.token] {
				t.Errorf("unexpected createdBy %v", made["createdBy"])
			}
		})
	}
}

func TestAccessReachesSharedOnesWithinItsOwn(t *testing.T) {
	a, owner := openShared(t)
	app := a.give(t, owner, access("app", "timer", appPermissions))["token"].(string)
	ids := map[string]string{"unknown": "0198c5a2-7c1e-7d3a-9f00-0123456789ab"}
	for name, body := range map[string]string{
		"inside":   access("shared", "inside", `[{"channelId":"diary","level":"read"}]`),
		"same":     access("shared", "same", appPermissions),
		"beyond":   access("shared", "beyond", `[{"channelId":"diary","level":"manage"}]`),
		"other":    access("shared", "other", `[{"channelId":"position","level":"read"}]`),
		"app":      access("app", "app", `[{"channelId":"diary","level":"read"}]`),
		"personal": `{"type":"personal","name":"personal"}`,
	} {
		ids[name] = a.give(t, owner, body)["id"].(string)
	}
	if got := names(a.list(t, "accesses.get", request{user: "alice", token: app})); got != "inside same" {
		t.Errorf("want inside and same listed, got %s", got)
	}
	if got := names(a.list(t, "accesses.get", request{user: "alice", token: owner})); got != "app beyond inside other personal same timer" {
		t.Errorf("want all listed for a personal access, got %s", got)
	}
	for name, id := range ids {
		for _, method := range []string{"accesses.update", "accesses.delete"} {
			r := request{user: "alice", token: app, id: id, body: `{}`}
			if name == "inside" || name == "same" {
				a.must(t, method, r)
				continue
			}
			e := a.refused(t, activity.CodeForbidden, method, r)
			if e.Message != activity.Forbidden().Message || e.Data != nil {
				t.Errorf("%s of %s tells more than others: %v", method, name, &e)
			}
		}
	}
	a.refused(t, activity.CodeUnknownAccess, "accesses.update", request{user: "alice", token: owner, id: ids["unknown"], body: `{}`})
}

func TestAccessIsUpdated(t *testing.T) {
	a, owner := openShared(t)
	made := a.give(t, owner, access("app", "timer", `[{"channelId":"diary","level":"read"}]`, `,"expires":`, a.seconds(time.Hour)))
	token := made["token"].(string)
	r := request{user: "alice", token: owner, id: made["id"].(string)}

	r.body = `{"name":"clock","deviceName":"phone","unset":["expires"],"permissions":[{"channelId":"work","level":"manage"}]}`
	changed := a.must(t, "accesses.update", r)
	if changed["name"] != "clock" || changed["deviceName"] != "phone" || changed["expires"] != nil || changed["token"] != nil {
		t.Fatalf("unexpected %v", changed)
	}
	if changed["modified"].(float64) <= made["modified"].(float64) || changed["created"] != made["created"] {
		t.Errorf("unexpected times %v after %v", changed, made)
	}
	info := a.must(t, "accessInfo.get", request{user: "alice", token: token})
	if !reflect.DeepEqual(info["permissions"], []any{map[string]any{"channelId": "work", "level": "manage"}}) {
		t.Errorf("the permissions are not in effect: %v", info)
	}
	a.refused(t, activity.CodeForbidden, "channels.getOne", request{user: "alice", token: token, id: "diary"})
}

func TestAccessUpdateTakesBackWhatWasRead(t *testing.T) {
	a, owner := openShared(t)
	a.give(t, owner, access("shared", "friend", `[{"channelId":"diary","level":"read"},{"channelId":"work","folderPermissions":[{"folderId":"desk","level":"read"},{"folderId":null,"level":"read"}]}]`, `,"expires":`, a.seconds(time.Hour)))
	a.give(t, owner, `{"type":"personal","name":"script"}`)
	sendBack := func() {
		t.Helper()
		for _, item := range a.list(t, "accesses.get", request{user: "alice", token: owner}) {
			item["lastUsed"] = 1
			a.must(t, "accesses.update", request{user: "alice", token: owner, id: item["id"].(string), body: encode(t, item)})
		}
	}
	sendBack()
	for range 2 { // trash, then delete
		a.must(t, "channels.delete", request{user: "alice", token: owner, id: "diary"})
	}
	a.advance(2 * time.Hour)
	sendBack() // with a channel that is gone and an end that has passed
}

func TestAccessUpdateIsRefused(t *testing.T) {
	a, owner := openShared(t)
	made := a.give(t, owner, access("shared", "friend", `[{"channelId":"diary","level":"read"}]`))
	id := made["id"].(string)
	for name, c := range map[string]struct{ body, faults string }{
		"read-only": {`{"type":"app","createdBy":"me","created":1,"id":"other"}`, "type:read-only createdBy:read-only created:read-only id:read-only"},
		"form":      {`{"name":"","unset":["name"],"token":"x","permissions":null}`, "name:minLength unset[0]:enum token:unknown permissions:type"},
		"both":      {`{"unset":["expires"],"expires":9e9}`, "unset:twice"},
		"past":      {`{"expires":1,"deviceName":"phone"}`, "deviceName:unexpected expires:minimum"},
	} {
		t.Run(name, func(t *testing.T) {
			e := a.refused(t, activity.CodeInvalidParametersFormat, "accesses.update", request{user: "alice", token: owner, id: id, body: c.body})
			if got := faults(t, e); !sameWords(got, c.faults) {
				t.Errorf("want %s, got %s", c.faults, got)
			}
		})
	}
	a.refused(t, activity.CodeUnknownChannel, "accesses.update", request{user: "alice", token: owner, id: id, body: `{"permissions":[{"channelId":"dairy","level":"read"}]}`})

	first := encode(t, map[string]any{"name": "mate", "modified": made["modified"]})
	a.must(t, "accesses.update", request{user: "alice", token: owner, id: id, body: first})
	a.refused(t, activity.CodeItemChanged, "accesses.update", request{user: "alice", token: owner, id: id, body: first})
	a.refused(t, activity.CodeItemChanged, "accesses.update", request{user: "alice", token: owner, id: id, body: `{"name":"pal"}`, match: `"1"`})
	a.refused(t, activity.CodeItemChanged, "accesses.delete", request{user: "alice", token: owner, id: id, match: `"1"`})
}

func TestAccessNeitherWidensNorOutlivesItsMaker(t *testing.T) {
	a, owner := openShared(t)
	app := a.give(t, owner, access("app", "timer", appPermissions, `,"expires":`, a.seconds(time.Hour)))["token"].(string)
	diary := `[{"channelId":"diary","level":"read"}]`
	made := a.give(t, app, access("shared", "friend", diary))
	if made["expires"] == nil || encode(t, made["expires"]) != a.seconds(time.Hour) {
		t.Errorf("want the end of its maker, got %v", made["expires"])
	}
	a.give(t, app, access("shared", "sooner", diary, `,"expires":`, a.seconds(time.Minute)))
	a.refused(t, activity.CodeForbidden, "accesses.create", request{user: "alice", token: app, body: access("shared", "later", diary, `,"expires":`, a.seconds(2*time.Hour))})
	for _, body := range []string{
		`{"unset":["expires"]}`, `{"expires":` + a.seconds(2*time.Hour) + `}`,
		`{"permissions":[{"channelId":"diary","level":"manage"}]}`, `{"permissions":[{"channelId":"dairy","level":"read"}]}`,
	} {
		a.refused(t, activity.CodeForbidden, "accesses.update", request{user: "alice", token: app, id: made["id"].(string), body: body})
	}

	lasting := a.give(t, owner, access("shared", "lasting", diary))
	a.must(t, "accesses.update", request{user: "alice", token: app, id: lasting["id"].(string), body: `{"name":"still lasting"}`})

	a.advance(time.Hour)
	if a.alive(t, "alice", app) || a.alive(t, "alice", made["token"].(string)) {
		t.Error("an expired access lets somebody in")
	}
	if !a.alive(t, "alice", lasting["token"].(string)) {
		t.Error("an access without end ended")
	}
	if got := names(a.list(t, "accesses.get", request{user: "alice", token: owner})); got != "friend sooner still lasting timer" {
		t.Errorf("want expired ones listed too, got %s", got)
	}
}

func TestAccessIsNamedByItsToken(t *testing.T) {
	a, owner := openShared(t)
	token := a.give(t, owner, access("shared", "friend", `[]`))["token"].(string)
	if got := a.must(t, "accesses.update", request{user: "alice", token: owner, id: token, body: `{"name":"pal"}`}); got["name"] != "pal" {
		t.Errorf("unexpected %v", got)
	}
	a.must(t, "accesses.delete", request{user: "alice", token: owner, id: token})
	if a.alive(t, "alice", token) {
		t.Error("the token of a deleted access lets somebody in")
	}
}

func TestAdminIsForPersonalAccesses(t *testing.T) {
	a, owner := openShared(t)
	app := a.give(t, owner, access("app", "timer", `[{"channelId":"*","level":"manage"}]`))["token"].(string)
	bodies := map[string]string{
		"admin.accesses.create": access("shared", "x", `[]`), "admin.accesses.update": `{"name":"y"}`,
		"admin.changePassword": object("oldPassword", rightWord, "newPassword", rightWord),
	}
	for _, m := range a.service.Methods() {
		if !strings.HasPrefix(m.Path, "/admin/") {
			continue
		}
		r := request{user: "alice", token: app, body: bodies[m.ID]}
		if strings.Contains(m.Path, "{id}") {
			r.id = "x"
		}
		a.refused(t, activity.CodeForbidden, m.ID, r)
		if _, _, err := a.service.Resolve(m.ID); err == nil {
			t.Errorf("%s is a command", m.ID)
		}
	}
	made := a.must(t, "admin.accesses.create", request{user: "alice", token: owner, body: access("app", "other", `[]`)})
	if got := names(a.list(t, "admin.accesses.get", request{user: "alice", token: owner})); got != "other timer" {
		t.Errorf("want all types, got %s", got)
	}
	id := made["id"].(string)
	a.must(t, "admin.accesses.update", request{user: "alice", token: owner, id: id, body: `{"name":"third"}`})
	a.must(t, "admin.accesses.delete", request{user: "alice", token: owner, id: id})
}

func TestAccessesOfOneUserAreNothingToAnother(t *testing.T) {
	a, owner := openShared(t)
	a.addUser(t, "bobby")
	other := a.login(t, "bobby")
	made := a.give(t, owner, access("shared", "friend", `[{"channelId":"diary","level":"read"}]`))
	for _, token := range []string{owner, made["token"].(string)} {
		if a.alive(t, "bobby", token) {
			t.Error("a token of alice lets somebody into the account of bobby")
		}
	}
	for _, name := range []string{made["id"].(string), made["token"].(string)} {
		a.refused(t, activity.CodeUnknownAccess, "accesses.delete", request{user: "bobby", token: other, id: name})
	}
	a.refused(t, activity.CodeMissingAccessToken, "accesses.get", request{user: "alice"})
}
