package api

import (
	"fmt"
	"slices"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api/params"
	"github.com/activityd/activityd/internal/storage"
)

// maxFolderPermissions is the most folders that the permissions of one access
// name, over all channels.
const maxFolderPermissions = 1000

// PermissionEntry is one permission as a client gives it.
type PermissionEntry struct {
	ChannelID         activity.ChannelID                       `json:"channelId" required:"true" min:"1" max:"100" doc:"The channel, or * for every one, also those to come."`
	Level             params.Optional[activity.Level]          `json:"level" doc:"read, contribute or manage; required without folderPermissions, beside them it counts for nothing."`
	FolderPermissions params.Optional[[]FolderPermissionEntry] `json:"folderPermissions" max:"1000" doc:"When given, only these folders and all below them can be reached."`
}

// Check wants a level where it counts.
func (e *PermissionEntry) Check() []activity.Fault {
	if e.Level.Set || e.FolderPermissions.Set {
		return nil
	}
	return []activity.Fault{{Path: "level", Code: "required", Message: "Without folderPermissions a level is required: add it."}}
}

// FolderPermissionEntry is the permission for one folder as a client gives it.
type FolderPermissionEntry struct {
	FolderID FolderRef      `json:"folderId" required:"true" doc:"The folder, or null for events without one."`
	Level    activity.Level `json:"level" required:"true" doc:"read, contribute or manage."`
}

// PermissionEntries are the permissions of one access as a client gives them.
type PermissionEntries []PermissionEntry

// Check wants each place named once, and not too many folders in all. A channel
// as a whole and a folder of it are two places.
func (l *PermissionEntries) Check() []activity.Fault {
	type place struct {
		channel activity.ChannelID
		folder  FolderRef
		whole   bool
	}
	var faults []activity.Fault
	seen, folders := map[place]bool{}, 0
	once := func(p place, path string) {
		if seen[p] {
			faults = append(faults, activity.Fault{Path: path, Code: "twice", Message: "An entry before this one is for the same place: name each once."})
		}
		seen[p] = true
	}
	for i, entry := range *l {
		if !entry.FolderPermissions.Set {
			once(place{channel: entry.ChannelID, whole: true}, fmt.Sprintf("[%d].channelId", i))
		}
		for k, f := range entry.FolderPermissions.Value {
			once(place{channel: entry.ChannelID, folder: f.FolderID}, fmt.Sprintf("[%d].folderPermissions[%d].folderId", i, k))
		}
		folders += len(entry.FolderPermissions.Value)
	}
	if folders > maxFolderPermissions {
		faults = append(faults, *activity.NewFault("maxItems",
			"The permissions of one access name at most %d folders: give a folder above them, or the channel.", maxFolderPermissions))
	}
	return faults
}

// permissions gives what the entries mean; nil for none.
func (l PermissionEntries) permissions() []activity.Permission {
	var all []activity.Permission
	for _, entry := range l {
		p := activity.Permission{ChannelID: entry.ChannelID, Level: entry.Level.Value}
		if entry.FolderPermissions.Set {
			p.FolderPermissions = make([]activity.FolderPermission, 0, len(entry.FolderPermissions.Value))
			for _, f := range entry.FolderPermissions.Value {
				p.FolderPermissions = append(p.FolderPermissions, activity.FolderPermission{FolderID: f.FolderID.folder(), Level: f.Level})
			}
		}
		all = append(all, p)
	}
	return all
}

// everything is how the API shows what a personal access may do.
func everything() []activity.Permission {
	return []activity.Permission{{ChannelID: activity.AllChannels, Level: activity.Manage}}
}

// shownPermissions gives the permissions as answers show them.
func shownPermissions(a *activity.Access) []activity.Permission {
	switch {
	case a.Personal():
		return everything()
	case a.Permissions == nil:
		return []activity.Permission{}
	}
	return a.Permissions
}

// permissionsFor gives the permissions of an access of the type. A personal one
// has none of its own: it may send back what shownPermissions told.
func permissionsFor(t activity.AccessType, given PermissionEntries) ([]activity.Permission, *activity.Fault) {
	permissions := given.permissions()
	switch {
	case t != activity.PersonalAccess:
		return permissions, nil
	case len(permissions) == 0 || samePermissions(permissions, everything()):
		return nil, nil
	}
	return nil, &activity.Fault{Path: "permissions", Code: "unexpected", Message: "A personal access may do everything: leave the permissions out."}
}

// knownPlaces fails with CodeUnknownChannel or CodeUnknownFolder, and all ids
// in data.unknownIds, when a permission names what is not there. It comes after
// the check of rights, so that it tells nobody what he may not see.
func knownPlaces(st *storage.Structure, permissions []activity.Permission) error {
	var channels []activity.ChannelID
	var folders []activity.FolderID
	for _, p := range permissions {
		if _, ok := st.Channel(p.ChannelID); !ok && p.ChannelID != activity.AllChannels {
			if !slices.Contains(channels, p.ChannelID) {
				channels = append(channels, p.ChannelID)
			}
			continue
		}
		for _, f := range p.FolderPermissions {
			if !knownFolder(st, p.ChannelID, f.FolderID) && !slices.Contains(folders, f.FolderID) {
				folders = append(folders, f.FolderID)
			}
		}
	}
	switch {
	case len(channels) > 0:
		return activity.NewError(activity.CodeUnknownChannel, "The permissions name channels that are not there: see data.unknownIds and correct them.").
			With(map[string]any{"unknownIds": channels})
	case len(folders) > 0:
		return activity.NewError(activity.CodeUnknownFolder, "The permissions name folders that are not in their channel: see data.unknownIds and correct them.").
			With(map[string]any{"unknownIds": folders})
	}
	return nil
}

// knownFolder reports whether the folder is in the channel, or for AllChannels
// in any.
func knownFolder(st *storage.Structure, channel activity.ChannelID, id activity.FolderID) bool {
	if id == "" {
		return true
	}
	if channel != activity.AllChannels {
		_, ok := st.Tree(channel).Folder(id)
		return ok
	}
	return slices.ContainsFunc(st.Channels(), func(ch activity.Channel) bool {
		_, ok := st.Tree(ch.ID).Folder(id)
		return ok
	})
}

func samePermissions(a, b []activity.Permission) bool {
	return slices.EqualFunc(a, b, func(x, y activity.Permission) bool {
		return x.ChannelID == y.ChannelID && x.Level == y.Level && (x.FolderPermissions == nil) == (y.FolderPermissions == nil) &&
			slices.Equal(x.FolderPermissions, y.FolderPermissions)
	})
}
