// Package scopemodel says what an access may do, in the plainest way: written
// from api.md section 4, by linear scans over all permissions, without a thought
// of speed. Tests hold activity.Scope and the lists of the stores to it.
//
// It imports activity for its types alone and calls nothing of Scope.
package scopemodel

import "github.com/activityd/activityd/internal/activity"

// World is what there is: of each channel its folders with the parent of each,
// "" for a root.
type World map[activity.ChannelID]map[activity.FolderID]activity.FolderID

// Clone gives a copy that changes apart.
func (w World) Clone() World {
	c := World{}
	for channel, folders := range w {
		c[channel] = map[activity.FolderID]activity.FolderID{}
		for id, parent := range folders {
			c[channel][id] = parent
		}
	}
	return c
}

// InOrBelow reports whether the folder is top or stands somewhere below it.
func (w World) InOrBelow(channel activity.ChannelID, folder, top activity.FolderID) bool {
	for folder != "" {
		if folder == top {
			return true
		}
		folder = w[channel][folder]
	}
	return false
}

// Level gives what the access may do to an event in the folder ("" for none)
// or, equally, to the folder itself.
func Level(w World, a activity.Access, channel activity.ChannelID, folder activity.FolderID) activity.Level {
	if a.Type == activity.PersonalAccess {
		return activity.Manage // rule 1
	}
	best := activity.None
	for _, p := range a.Permissions {
		if !concerns(p, channel) {
			continue
		}
		if p.FolderPermissions == nil {
			best = higher(best, p.Level) // rule 2
			continue
		}
		for _, f := range p.FolderPermissions { // rule 3
			if folder == "" && f.FolderID == "" {
				best = higher(best, f.Level)
			}
			if f.FolderID != "" && w.InOrBelow(channel, folder, f.FolderID) {
				best = higher(best, f.Level)
			}
		}
	}
	return best
}

// ChannelLevel gives what the access may do to the channel itself, short of
// deleting it.
func ChannelLevel(a activity.Access, channel activity.ChannelID) activity.Level {
	if a.Type == activity.PersonalAccess {
		return activity.Manage
	}
	best := activity.None
	for _, p := range a.Permissions {
		if !concerns(p, channel) {
			continue
		}
		if p.FolderPermissions == nil {
			best = higher(best, p.Level)
		} else {
			best = higher(best, activity.Read) // seen, but not changed
		}
	}
	return best
}

// Sees reports whether the access can read what is in the folder ("" for none).
func Sees(w World, a activity.Access, channel activity.ChannelID, folder activity.FolderID) bool {
	return Level(w, a, channel, folder) >= activity.Read
}

// Covers reports whether every item and level that the permissions allow is
// allowed to the access too: by trying all that there is, and what there may
// be one day, a further channel and a further folder.
func Covers(w World, a activity.Access, permissions []activity.Permission) bool {
	other := activity.Access{Type: activity.SharedAccess, Permissions: permissions}
	w = w.withFuture(a.Permissions, permissions)
	for channel, folders := range w {
		if ChannelLevel(other, channel) > ChannelLevel(a, channel) {
			return false
		}
		if Level(w, other, channel, "") > Level(w, a, channel, "") {
			return false
		}
		for folder := range folders {
			if Level(w, other, channel, folder) > Level(w, a, channel, folder) {
				return false
			}
		}
	}
	return true
}

// withFuture adds a channel that nobody knows yet, those that are only named,
// and to all of them a further folder and those that are only named.
func (w World) withFuture(permissions ...[]activity.Permission) World {
	future := w.Clone()
	folders := []activity.FolderID{"a-further-folder"}
	channels := []activity.ChannelID{"a-further-channel"}
	for _, list := range permissions {
		for _, p := range list {
			if p.ChannelID != activity.AllChannels {
				channels = append(channels, p.ChannelID)
			}
			for _, f := range p.FolderPermissions {
				if f.FolderID != "" {
					folders = append(folders, f.FolderID)
				}
			}
		}
	}
	for _, channel := range channels {
		if future[channel] == nil {
			future[channel] = map[activity.FolderID]activity.FolderID{}
		}
	}
	for _, known := range future {
		for _, id := range folders {
			if _, ok := known[id]; !ok {
				known[id] = ""
			}
		}
	}
	return future
}

func concerns(p activity.Permission, channel activity.ChannelID) bool {
	return p.ChannelID == channel || p.ChannelID == "*" // rule 4
}

func higher(a, b activity.Level) activity.Level {
	if b > a {
		return b
	}
	return a
}
