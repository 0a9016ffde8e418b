package openapi

import (
	"strings"

	"github.com/activityd/activityd/internal/api"
	"github.com/goccy/go-yaml"
)

// introduction is the description of the whole.
const introduction = `activityd keeps the activity data of people: *channels* of one kind each (a
diary, positions, work), in them *folders* and timestamped *events*. Apps and
people reach it with *accesses*, tokens that carry permissions.

A user's data lives under ` + "`http(s)://{username}.{domain}/`" + `, or under
` + "`http(s)://{domain}/{username}/`" + `. Requests and answers are JSON; every answer
carries API-Version, Server-Time and X-Request-Id; errors are one object, whose
` + "`id`" + ` is stable.

Every method but those that say otherwise is also a command on a socket and in
a batch, with the parameters of path, query and body in one object.

The guides: [first steps](https://github.com/activityd/activityd/blob/main/api-docs/first-steps.md),
[time and periods](https://github.com/activityd/activityd/blob/main/api-docs/time-and-periods.md),
[permissions](https://github.com/activityd/activityd/blob/main/api-docs/permissions.md),
[sockets](https://github.com/activityd/activityd/blob/main/api-docs/sockets.md),
[staying in sync](https://github.com/activityd/activityd/blob/main/api-docs/staying-in-sync.md).`

// tag is a group of methods.
type tag struct{ name, doc string }

// tagOf gives the group of a method by the first word of its id. A word that
// is not here makes a group of its own.
func tagOf(m *api.Method) tag {
	id := strings.TrimPrefix(m.ID, "admin.")
	word, _, _ := strings.Cut(id, ".")
	switch word {
	case "root", api.BatchCommand:
		return tag{"Root", "The user's root, and several commands at once."}
	case "channels":
		return tag{"Channels", "The containers of one kind of activity each."}
	case "folders":
		return tag{"Folders", "The tree inside a channel."}
	case "events":
		return tag{"Events", "What happened: points in time and periods, typed."}
	case "accesses", "accessInfo":
		return tag{"Accesses", "Tokens and what they allow."}
	case "profile":
		return tag{"Profiles", "Key-value objects of apps and of the user."}
	case "changes":
		return tag{"Changes", "What was written since a cursor."}
	case "auth", "sessions":
		return tag{"Sign-in", "Sessions of people."}
	case "userInfo", "changePassword":
		return tag{"Account", "The account's data and password."}
	case "users":
		return tag{"Registration", "New users, on the service's root."}
	case "service":
		return tag{"Service", "What the service tells about itself."}
	}
	return tag{strings.ToUpper(word[:1]) + word[1:], ""}
}

// tagsOf lists the groups of the methods, in the order of the table.
func tagsOf(methods []*api.Method) []any {
	var all []any
	seen := map[string]bool{}
	for _, m := range methods {
		t := tagOf(m)
		if seen[t.name] {
			continue
		}
		seen[t.name] = true
		entry := yaml.MapSlice{{Key: "name", Value: t.name}}
		if t.doc != "" {
			entry = append(entry, yaml.MapItem{Key: "description", Value: t.doc})
		}
		all = append(all, entry)
	}
	return all
}
