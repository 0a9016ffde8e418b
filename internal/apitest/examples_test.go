package apitest_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/activityd/activityd/internal/activity"
)

// account is an account under attack. What the examples point at is made when
// it is needed, and anew after a write that succeeded.
type account struct {
	*house
	name, token string
	app         string            // the token of an app's access
	made        map[string]string // ids by what they are of; emptied by anew
	number      int
}

func (h *house) openAccount(t testing.TB, name string) *account {
	t.Helper()
	a := &account{house: h, name: name, made: map[string]string{}}
	a.token = h.addUser(t, name)
	return a
}

// anew forgets what was made: the next example gets targets of its own.
func (a *account) anew() { clear(a.made) }

// fresh gives a word that was not given before.
func (a *account) fresh() string {
	a.number++
	return fmt.Sprint(a.name, "-", a.number)
}

// thing gives the id of something, and makes it by a POST where there is none.
func (a *account) thing(t testing.TB, what, path, body string) string {
	t.Helper()
	if id, ok := a.made[what]; ok {
		return id
	}
	var item struct{ ID string }
	a.must(t, request{verb: http.MethodPost, user: a.name, path: path, token: a.token, body: body}, &item)
	a.made[what] = item.ID
	return item.ID
}

// channel stays for good, and is in no trash.
func (a *account) channel(t testing.TB) string {
	t.Helper()
	if a.number == 0 {
		a.number++
		a.must(t, request{verb: http.MethodPost, user: a.name, path: "/channels", token: a.token, body: `{"id": "home", "name": "Home"}`}, nil)
	}
	return "home"
}

func (a *account) target(t testing.TB) string {
	t.Helper()
	return a.thing(t, "channel", "/channels", given{"name": quote(a.fresh())}.object())
}

func (a *account) folder(t testing.TB) string {
	t.Helper()
	return a.thing(t, "folder", "/"+a.channel(t)+"/folders", given{"name": quote(a.fresh())}.object())
}

func (a *account) event(t testing.TB) string {
	t.Helper()
	return a.thing(t, "event", "/"+a.channel(t)+"/events", `{"type": "test/any", "value": "as it was"}`)
}

func (a *account) access(t testing.TB) string {
	t.Helper()
	a.channel(t)
	return a.thing(t, "access", "/accesses", given{"name": quote(a.fresh()), "permissions": `[{"channelId":"home","level":"read"}]`}.object())
}

// session signs in once more.
func (a *account) session(t testing.TB) string {
	t.Helper()
	if _, ok := a.made["session"]; !ok {
		a.made["session"] = a.login(t, a.name)
	}
	return a.made["session"]
}

// example makes one valid request of a method: its parameters as JSON texts.
type example func(t testing.TB, a *account) given

// given is parameters by name.
type given map[string]string

func none(testing.TB, *account) given { return given{} }

// examples has an entry for every method, without parameters that are not
// required and would refuse others.
var examples = map[string]example{
	"root.get":       none,
	"accessInfo.get": none,
	"channels.get":   none,
	"channels.getOne": func(t testing.TB, a *account) given {
		return given{"id": quote(a.channel(t))}
	},
	"channels.create": func(_ testing.TB, a *account) given {
		return given{"name": quote(a.fresh())}
	},
	"channels.update": func(t testing.TB, a *account) given {
		return given{"id": quote(a.target(t)), "name": quote(a.fresh())}
	},
	"channels.delete": func(t testing.TB, a *account) given { return given{"id": quote(a.target(t))} },
	"folders.get":     inChannel,
	"folders.create": func(t testing.TB, a *account) given {
		return inChannel(t, a).with("name", quote(a.fresh()))
	},
	"folders.update": func(t testing.TB, a *account) given {
		return inChannel(t, a).with("id", quote(a.folder(t))).with("name", quote(a.fresh()))
	},
	"folders.delete": func(t testing.TB, a *account) given { return inChannel(t, a).with("id", quote(a.folder(t))) },
	"events.get":     inChannel,
	"events.getOne":  onEvent,
	"events.create":  newEvent,
	"events.update": func(t testing.TB, a *account) given {
		return onEvent(t, a).with("value", `"another"`)
	},
	"events.delete": onEvent,
	"events.start":  newEvent,
	"events.stop": func(t testing.TB, a *account) given {
		return inChannel(t, a).with("id", quote(a.thing(t, "running", "/"+a.channel(t)+"/events/start", `{"type": "test/any"}`)))
	},
	"events.getRunning": inChannel,
	manyEvents: func(t testing.TB, a *account) given {
		return newEvent(t, a).with("tempRefId", `"one"`)
	},
	"changes.get":            none,
	"service.info":           none,
	"service.eventTypes":     none,
	"profile.app.get":        asApp,
	"profile.app.update":     inProfile(asApp),
	"profile.public.get":     none,
	"profile.public.update":  inProfile(none),
	"profile.private.get":    none,
	"profile.private.update": inProfile(none),
	"accesses.get":           none,
	"accesses.create":        newAccess,
	"accesses.update":        changedAccess,
	"accesses.delete":        onAccess,
	"admin.accesses.get":     none,
	"admin.accesses.create":  newAccess,
	"admin.accesses.update":  changedAccess,
	"admin.accesses.delete":  onAccess,
	"auth.login": func(testing.TB, *account) given {
		return given{"password": quote(password), "appId": `"test app"`}
	},
	"auth.logout":        func(t testing.TB, a *account) given { return given{asks: a.session(t)} },
	"admin.sessions.get": none,
	"admin.sessions.delete": func(t testing.TB, a *account) given {
		var all []struct {
			ID      string
			Current bool
		}
		a.session(t)
		a.must(t, request{verb: http.MethodGet, user: a.name, path: "/admin/sessions", token: a.token}, &all)
		for _, one := range all {
			if !one.Current {
				return given{"id": quote(one.ID)}
			}
		}
		t.Fatal("there is no other session")
		return nil
	},
	"admin.userInfo.get": none,
	"admin.userInfo.update": func(_ testing.TB, a *account) given {
		return given{"displayName": quote(a.fresh())}
	},
	"admin.changePassword": func(t testing.TB, a *account) given {
		if _, ok := a.made["password"]; !ok { // a password was changed and its sessions ended, or not
			if err := a.service.ResetPassword(t.Context(), activity.Username(a.name), password); err != nil {
				t.Fatal(err)
			}
			a.token, a.made["password"] = a.login(t, a.name), password
		}
		return given{"oldPassword": quote(password), "newPassword": `"another password"`}
	},
	"users.create": func(_ testing.TB, a *account) given {
		return given{"username": quote("new-" + a.fresh()), "password": quote(password), "email": `"new@example.org"`}
	},
	"users.check": func(testing.TB, *account) given { return given{"username": `"bobby"`} },
}

func inChannel(t testing.TB, a *account) given { return given{"channelId": quote(a.channel(t))} }

func onEvent(t testing.TB, a *account) given {
	return inChannel(t, a).with("id", quote(a.event(t)))
}

func newEvent(t testing.TB, a *account) given {
	return inChannel(t, a).with("type", `"test/any"`).with("value", `"a text"`)
}

func newAccess(t testing.TB, a *account) given {
	a.channel(t)
	return given{"name": quote(a.fresh()), "permissions": `[{"channelId":"home","level":"read"}]`}
}

func onAccess(t testing.TB, a *account) given { return given{"id": quote(a.access(t))} }

func changedAccess(t testing.TB, a *account) given {
	return onAccess(t, a).with("name", quote(a.fresh()))
}

// asApp asks with the token of an app's access, which stays.
func asApp(t testing.TB, a *account) given {
	if a.app == "" {
		var made struct{ Token string }
		body := `{"type": "app", "name": "App", "permissions": []}`
		a.must(t, request{verb: http.MethodPost, user: a.name, path: "/accesses", token: a.token, body: body}, &made)
		a.app = made.Token
	}
	return given{asks: a.app}
}

func inProfile(of example) example {
	return func(t testing.TB, a *account) given { return of(t, a).with("a member", quote(a.fresh())) }
}
