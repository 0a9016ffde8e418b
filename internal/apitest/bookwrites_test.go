package apitest_test

import (
	"maps"
	"slices"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage/storagetest/scopemodel"
)

func (b *book) channelNamed(name, but string) bool {
	for id, c := range b.channels {
		if id != but && c.name == name {
			return true
		}
	}
	return false
}

func (a actor) createChannel(name string) (refused []string) {
	if !a.personal() {
		return []string{"forbidden"}
	}
	if a.channel != nil {
		refused = append(refused, "item-id-already-exists")
	}
	if a.channelNamed(name, "") {
		refused = append(refused, "item-name-already-exists")
	}
	if refused == nil {
		a.channels[a.id] = &bookChannel{name: name, folders: map[string]*bookFolder{}, events: map[string]*bookEvent{}, gone: map[string]bool{}}
	}
	return refused
}

// updateChannel changes name and trashed where they are not nil.
func (a actor) updateChannel(name *string, trashed *bool) []string {
	if refused := a.enter(true); refused != nil {
		return refused
	}
	if whole, _ := a.whole(); whole < activity.Manage {
		return []string{"forbidden"}
	}
	if name != nil && a.channelNamed(*name, a.id) {
		return []string{"item-name-already-exists"}
	}
	set(&a.channel.name, name)
	set(&a.channel.trashed, trashed)
	return nil
}

func set[T any](into *T, value *T) {
	if value != nil {
		*into = *value
	}
}

func (a actor) deleteChannel() []string {
	switch {
	case !a.personal():
		return []string{"forbidden"}
	case a.channel == nil:
		return []string{"unknown-channel"}
	case a.channel.trashed:
		delete(a.channels, a.id)
	default:
		a.channel.trashed = true
	}
	return nil
}

func (a actor) createFolder(id string, f bookFolder) []string {
	if refused := a.enter(true); refused != nil {
		return refused
	}
	refused := a.asParent(f.parent)
	if a.channel.trashed {
		refused = append(refused, "invalid-operation")
	}
	if _, taken := a.channel.folders[id]; taken {
		refused = append(refused, "item-id-already-exists")
	}
	if a.channel.named(f.name, f.parent, id) {
		refused = append(refused, "item-name-already-exists")
	}
	if refused == nil {
		a.channel.folders[id] = &f
	}
	return refused
}

// updateFolder changes what is not nil.
func (a actor) updateFolder(id string, name, parent *string, trashed *bool) []string {
	if refused := a.enter(true); refused != nil {
		return refused
	}
	f, ok := a.channel.folders[id]
	if !ok {
		return a.absent("unknown-folder")
	}
	if a.level(id) < activity.Manage {
		return []string{"forbidden"}
	}
	becomes := *f
	set(&becomes.name, name)
	set(&becomes.trashed, trashed)
	var refused []string
	if parent != nil && *parent != f.parent && (*parent != "" || a.level(f.parent) >= activity.Read) {
		becomes.parent = *parent
		if refused = a.asParent(*parent); refused == nil && slices.Contains(a.channel.chain(*parent), id) {
			refused = append(refused, "invalid-operation")
		}
		if whole, _ := a.whole(); f.parent == "" && whole < activity.Manage || f.parent != "" && a.level(f.parent) < activity.Manage {
			refused = append(refused, "forbidden")
		}
	}
	if a.channel.named(becomes.name, becomes.parent, id) {
		refused = append(refused, "item-name-already-exists")
	}
	if refused == nil {
		*f = becomes
	}
	return refused
}

func (a actor) deleteFolder(id string, merge bool) []string {
	if refused := a.enter(true); refused != nil {
		return refused
	}
	f, ok := a.channel.folders[id]
	if !ok {
		return a.absent("unknown-folder")
	}
	switch {
	case a.level(id) < activity.Manage:
		return []string{"forbidden"}
	case !f.trashed:
		f.trashed = true
	case merge && a.level(f.parent) < activity.Contribute:
		return []string{"forbidden"}
	default:
		a.channel.deleteFolder(id, merge)
	}
	return nil
}

func (a actor) createEvent(id string, e bookEvent) []string {
	if refused := a.enter(true); refused != nil {
		return refused
	}
	refused := a.into(e.folder, activity.Contribute)
	if a.channel.trashed {
		refused = append(refused, "invalid-operation")
	}
	if a.channel.events[id] != nil || a.channel.gone[id] {
		refused = append(refused, "item-id-already-exists")
	}
	if refused == nil {
		a.channel.events[id] = &e
	}
	return refused
}

// event gives an event for what needs the level.
func (a actor) event(id string, level activity.Level) (*bookEvent, []string) {
	if refused := a.enter(level > activity.Read); refused != nil {
		return nil, refused
	}
	e, ok := a.channel.events[id]
	if !ok {
		return nil, a.absent("unknown-event")
	}
	if a.level(e.folder) < level {
		return nil, []string{"forbidden"}
	}
	return e, nil
}

// updateEvent changes what is not nil.
func (a actor) updateEvent(id string, folder, value *string, time *float64, trashed *bool) []string {
	e, refused := a.event(id, activity.Contribute)
	if refused != nil {
		return refused
	}
	if folder != nil && *folder != e.folder {
		if refused := a.into(*folder, activity.Contribute); refused != nil {
			return refused
		}
	}
	set(&e.folder, folder)
	set(&e.value, value)
	set(&e.time, time)
	set(&e.trashed, trashed)
	return nil
}

func (a actor) deleteEvent(id string) []string {
	e, refused := a.event(id, activity.Contribute)
	if refused != nil {
		return refused
	}
	if e.trashed {
		delete(a.channel.events, id)
		a.channel.gone[id] = true
	}
	e.trashed = true
	return nil
}

// manages reports whether the access may see, change and delete shared ones of
// these permissions.
func (a actor) manages(permissions []activity.Permission) bool {
	return a.personal() || scopemodel.Covers(a.world(), a.access, permissions)
}

func (b *book) unknownPlaces(permissions []activity.Permission) []string {
	for _, p := range permissions {
		if p.ChannelID != activity.AllChannels && b.channels[string(p.ChannelID)] == nil {
			return []string{"unknown-channel"}
		}
	}
	for _, p := range permissions {
		for _, f := range p.FolderPermissions {
			known := f.FolderID == ""
			for id, c := range b.channels {
				here := p.ChannelID == activity.AllChannels || string(p.ChannelID) == id
				known = known || here && c.folders[string(f.FolderID)] != nil
			}
			if !known {
				return []string{"unknown-folder"}
			}
		}
	}
	return nil
}

func (a actor) createAccess(name string, permissions []activity.Permission) []string {
	if !a.manages(permissions) {
		return []string{"forbidden"}
	}
	refused := a.unknownPlaces(permissions)
	if a.accesses[name] != nil {
		refused = append(refused, "item-name-already-exists")
	}
	if refused == nil {
		a.accesses[name] = &activity.Access{Type: activity.SharedAccess, Name: name, Permissions: permissions}
	}
	return refused
}

// otherAccess gives an access for a change or its end.
func (a actor) otherAccess(name string) (*activity.Access, []string) {
	other := a.accesses[name]
	switch {
	case other != nil && a.manages(other.Permissions):
		return other, nil
	case a.personal():
		return nil, []string{"unknown-access"}
	}
	return nil, []string{"forbidden"}
}

func (a actor) updateAccess(name string, permissions []activity.Permission) []string {
	other, refused := a.otherAccess(name)
	switch {
	case refused != nil:
		return refused
	case !a.manages(permissions):
		return []string{"forbidden"}
	}
	if refused := a.unknownPlaces(permissions); refused != nil {
		return refused
	}
	other.Permissions = permissions
	return nil
}

func (a actor) deleteAccess(name string) []string {
	_, refused := a.otherAccess(name)
	if refused == nil {
		delete(a.accesses, name)
	}
	return refused
}

// names gives the accesses in a fixed order.
func (b *book) names() []string { return slices.Sorted(maps.Keys(b.accesses)) }
