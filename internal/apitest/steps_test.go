package apitest_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage/storagetest/scopemodel"
	"github.com/google/uuid"
)

// step is one request of a random sequence, and what the book makes of it.
type step struct {
	method string
	params given
	target string // the name of the access that the path names, "" for none
	apply  func(actor) []string
}

// stepper makes random steps in a small world, so that they meet each other.
type stepper struct {
	*rand.Rand
	book   *book
	events []string // ids that were given once
}

func (s *stepper) chance(percent int) bool { return s.IntN(100) < percent }

func (s *stepper) channel() string {
	if s.chance(95) {
		return fmt.Sprint("c", s.IntN(scopemodel.Channels))
	}
	return "c9"
}

// folder gives a folder's id, "" for none at times, mostly one that is there.
func (s *stepper) folder(channel string, none int) string {
	if s.chance(none) {
		return ""
	}
	if c := s.book.channels[channel]; c != nil && s.chance(70) {
		if known := slices.Sorted(maps.Keys(c.folders)); len(known) > 0 {
			return known[s.IntN(len(known))]
		}
	}
	return fmt.Sprint("f", s.IntN(scopemodel.Folders))
}

func (s *stepper) name() string { return fmt.Sprint("Name ", s.IntN(12)) }

// event gives an id, of an event that is or was there if it may be.
func (s *stepper) event(channel string, known int) string {
	if c := s.book.channels[channel]; c != nil && s.chance(known-10) {
		if here := slices.Sorted(maps.Keys(c.events)); len(here) > 0 {
			return here[s.IntN(len(here))]
		}
	}
	if len(s.events) > 0 && s.chance(known) {
		return s.events[s.IntN(len(s.events))]
	}
	var id uuid.UUID
	for i := range id {
		id[i] = byte(s.Uint32())
	}
	s.events = append(s.events, id.String())
	return id.String()
}

// folderJSON writes a reference to a folder or to none.
func folderJSON(id string) string {
	if id == "" {
		return "null"
	}
	return quote(id)
}

// maybe sets a parameter for some steps, and gives what the book is to set.
func maybe[T any](s *stepper, g given, name string, value T, raw string) *T {
	if s.chance(60) {
		return nil
	}
	g[name] = raw
	return &value
}

func (s *stepper) next() step {
	switch n := s.IntN(40); {
	case n < 3:
		return s.onChannel()
	case n < 13:
		return s.onFolder()
	case n < 16:
		return s.onAccess()
	}
	return s.onEvent()
}

func (s *stepper) onChannel() step {
	id, g := s.channel(), given{}
	g["id"] = quote(id)
	switch name := s.name(); s.IntN(12) {
	case 0, 1, 2, 3, 4:
		g["name"] = quote(name)
		return step{"channels.create", g, "", func(a actor) []string { return a.actor(a.access, id).createChannel(name) }}
	case 5, 6, 7, 8, 9:
		rename, trash := maybe(s, g, "name", name, quote(name)), maybe(s, g, "trashed", s.chance(0), "false")
		return step{"channels.update", g, "", func(a actor) []string { return a.actor(a.access, id).updateChannel(rename, trash) }}
	}
	return step{"channels.delete", g, "", func(a actor) []string { return a.actor(a.access, id).deleteChannel() }}
}

func (s *stepper) onFolder() step {
	channel := s.channel()
	id := s.folder(channel, 0)
	g := given{"channelId": quote(channel), "id": quote(id)}
	name, parent := s.name(), s.folder(channel, 40)
	do := func(method string, apply func(actor) []string) step {
		return step{method, g, "", func(a actor) []string { return apply(a.actor(a.access, channel)) }}
	}
	switch s.IntN(7) {
	case 0, 1, 2:
		g["name"], g["parentId"], g["hidden"] = quote(name), folderJSON(parent), fmt.Sprint(s.chance(20))
		f := bookFolder{name: name, parent: parent, hidden: g["hidden"] == "true"}
		return do("folders.create", func(a actor) []string { return a.createFolder(id, f) })
	case 3, 4:
		trash := s.chance(12)
		rename, move := maybe(s, g, "name", name, quote(name)), maybe(s, g, "parentId", parent, folderJSON(parent))
		trashed := maybe(s, g, "trashed", trash, fmt.Sprint(trash))
		return do("folders.update", func(a actor) []string { return a.updateFolder(id, rename, move, trashed) })
	}
	merge := s.chance(50)
	g["mergeEventsWithParent"] = fmt.Sprint(merge)
	return do("folders.delete", func(a actor) []string { return a.deleteFolder(id, merge) })
}

func (s *stepper) onEvent() step {
	channel := s.channel()
	folder, value, time := s.folder(channel, 30), fmt.Sprintf(`{"n":%d}`, s.Uint32()), float64(s.IntN(1000))+0.5
	g := given{"channelId": quote(channel)}
	do := func(method string, apply func(actor) []string) step {
		return step{method, g, "", func(a actor) []string { return apply(a.actor(a.access, channel)) }}
	}
	if s.chance(45) {
		id := s.event(channel, 5)
		g["id"], g["type"], g["value"] = quote(id), `"test/any"`, value
		g["folderId"], g["time"], g["tags"] = folderJSON(folder), fmt.Sprint(time), `["a"," b ","a"]`
		return do("events.create", func(a actor) []string {
			return a.createEvent(id, bookEvent{folder: folder, value: value, time: time})
		})
	}
	id := s.event(channel, 97)
	g["id"] = quote(id)
	if s.chance(40) {
		return do("events.delete", func(a actor) []string { return a.deleteEvent(id) })
	}
	trash := s.chance(12)
	move, change := maybe(s, g, "folderId", folder, folderJSON(folder)), maybe(s, g, "value", value, value)
	when, trashed := maybe(s, g, "time", time, fmt.Sprint(time)), maybe(s, g, "trashed", trash, fmt.Sprint(trash))
	if s.chance(30) {
		g["clientData"] = fmt.Sprintf(`{"k%d":%s}`, s.IntN(3), [...]string{"null", "1", `"x"`}[s.IntN(3)])
	}
	return do("events.update", func(a actor) []string { return a.updateEvent(id, move, change, when, trashed) })
}

func (s *stepper) onAccess() step {
	name, permissions := fmt.Sprint("Access ", s.IntN(8)), s.permissions()
	switch g := (given{}); s.IntN(6) {
	case 0, 1, 2, 3:
		g["name"], g["permissions"] = quote(name), permissionsJSON(permissions)
		return step{"accesses.create", g, "", func(a actor) []string { return a.createAccess(name, permissions) }}
	case 4:
		g["permissions"] = permissionsJSON(permissions)
		return step{"accesses.update", g, name, func(a actor) []string { return a.updateAccess(name, permissions) }}
	default:
		return step{"accesses.delete", g, name, func(a actor) []string { return a.deleteAccess(name) }}
	}
}

// permissions makes some that name each place once.
func (s *stepper) permissions() []activity.Permission {
	type place struct {
		channel activity.ChannelID
		folder  activity.FolderID
		whole   bool
	}
	seen, all := map[place]bool{}, []activity.Permission{}
	for _, p := range scopemodel.RandomPermissions(s.Rand) {
		if p.FolderPermissions == nil {
			if here := (place{p.ChannelID, "", true}); !seen[here] {
				seen[here] = true
				all = append(all, p)
			}
			continue
		}
		folders := []activity.FolderPermission{}
		for _, f := range p.FolderPermissions {
			if here := (place{p.ChannelID, f.FolderID, false}); !seen[here] {
				seen[here] = true
				folders = append(folders, f)
			}
		}
		all = append(all, activity.Permission{ChannelID: p.ChannelID, FolderPermissions: folders})
	}
	return all
}

func permissionsJSON(all []activity.Permission) string {
	var entries []string
	for _, p := range all {
		if p.FolderPermissions == nil {
			entries = append(entries, fmt.Sprintf(`{"channelId":%s,"level":"%s"}`, quote(string(p.ChannelID)), p.Level))
			continue
		}
		var folders []string
		for _, f := range p.FolderPermissions {
			folders = append(folders, fmt.Sprintf(`{"folderId":%s,"level":"%s"}`, folderJSON(string(f.FolderID)), f.Level))
		}
		entries = append(entries, fmt.Sprintf(`{"channelId":%s,"folderPermissions":[%s]}`, quote(string(p.ChannelID)), strings.Join(folders, ",")))
	}
	return "[" + strings.Join(entries, ",") + "]"
}
