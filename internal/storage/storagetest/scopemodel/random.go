package scopemodel

import (
	"fmt"
	"math/rand/v2"

	"github.com/activityd/activityd/internal/activity"
)

// Channels and Folders are the ids that the random makers choose from; each
// channel may have folders of the same ids.
const (
	Channels = 3
	Folders  = 9
)

// ChannelID gives the i-th channel's id.
func ChannelID(i int) activity.ChannelID { return activity.ChannelID(fmt.Sprint("c", i)) }

// FolderID gives the i-th folder's id.
func FolderID(i int) activity.FolderID { return activity.FolderID(fmt.Sprint("f", i)) }

// RandomWorld makes channels with random trees of folders. Not all ids are in
// use: permissions name some that do not exist.
func RandomWorld(r *rand.Rand) World {
	w := World{}
	for c := range Channels {
		if c > 0 && r.IntN(5) == 0 {
			continue
		}
		folders := map[activity.FolderID]activity.FolderID{}
		var placed []activity.FolderID
		for _, f := range r.Perm(Folders) {
			if r.IntN(4) == 0 {
				continue
			}
			id, parent := FolderID(f), activity.FolderID("")
			if len(placed) > 0 && r.IntN(4) != 0 {
				parent = placed[r.IntN(len(placed))]
			}
			folders[id] = parent
			placed = append(placed, id)
		}
		w[ChannelID(c)] = folders
	}
	return w
}

// RandomAccess makes an access, at times a personal one, with RandomPermissions.
func RandomAccess(r *rand.Rand) activity.Access {
	types := []activity.AccessType{activity.AppAccess, activity.SharedAccess}
	a := activity.Access{Type: types[r.IntN(2)], Permissions: RandomPermissions(r)}
	if r.IntN(20) == 0 {
		a.Type = activity.PersonalAccess
	}
	return a
}

// RandomPermissions makes some permissions, with "*", with folders listed
// (also nested and unknown ones, and events without a folder) and without.
func RandomPermissions(r *rand.Rand) []activity.Permission {
	list := make([]activity.Permission, r.IntN(5))
	for i := range list {
		list[i] = activity.Permission{ChannelID: ChannelID(r.IntN(Channels + 1)), Level: randomLevel(r)}
		if r.IntN(4) == 0 {
			list[i].ChannelID = activity.AllChannels
		}
		if r.IntN(4) != 0 {
			list[i].FolderPermissions = randomFolderPermissions(r)
			list[i].Level = activity.Level(r.IntN(4)) // counts for nothing
		}
	}
	return list
}

func randomFolderPermissions(r *rand.Rand) []activity.FolderPermission {
	list := make([]activity.FolderPermission, r.IntN(5))
	for i := range list {
		list[i] = activity.FolderPermission{FolderID: FolderID(r.IntN(Folders + 1)), Level: randomLevel(r)}
		if r.IntN(5) == 0 {
			list[i].FolderID = ""
		}
	}
	return list
}

func randomLevel(r *rand.Rand) activity.Level { return activity.Level(1 + r.IntN(3)) }

// Moved is what Move did to a folder.
type Moved struct {
	Channel activity.ChannelID
	Folder  activity.FolderID
	Parent  activity.FolderID // the new one
	Deleted bool              // with all below, instead
}

// Move moves a random folder of a random channel, or deletes it with all below.
// ok is false when the choice fell on what cannot be.
func Move(r *rand.Rand, w World) (m Moved, ok bool) {
	m = Moved{Channel: ChannelID(r.IntN(Channels)), Folder: FolderID(r.IntN(Folders)), Parent: FolderID(r.IntN(Folders)), Deleted: r.IntN(4) == 0}
	folders := w[m.Channel]
	if _, known := folders[m.Folder]; !known {
		return m, false
	}
	if m.Deleted {
		var gone []activity.FolderID
		for id := range folders {
			if w.InOrBelow(m.Channel, id, m.Folder) {
				gone = append(gone, id)
			}
		}
		for _, id := range gone {
			delete(folders, id)
		}
		return m, true
	}
	if _, known := folders[m.Parent]; !known {
		m.Parent = ""
	}
	if w.InOrBelow(m.Channel, m.Parent, m.Folder) {
		return m, false
	}
	folders[m.Folder] = m.Parent
	return m, true
}
