package writes

import (
	"bytes"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

// CreateFolder adds v, and sets its Created and Modified. It fails as
// storage.Folders says, and so do the others.
func CreateFolder(s *storage.Structure, v *activity.Folder, at activity.Timestamp) (Step, error) {
	tree, err := treeOf(s, v.ChannelID)
	if err != nil {
		return Step{}, err
	}
	if _, ok := tree.Folder(v.ID); ok {
		return Step{}, storage.IDTaken(activity.FolderKind, string(v.ID))
	}
	v.Created, v.Modified = at, at
	return putFolder(s, tree, v, folderChange(v.ChannelID, v.ID, activity.Created))
}

// UpdateFolder puts v in the place of what it was, and sets its times.
func UpdateFolder(s *storage.Structure, v *activity.Folder, at activity.Timestamp) (Step, error) {
	tree, old, err := folderOf(s, v.ChannelID, v.ID)
	if err != nil {
		return Step{}, err
	}
	v.Created, v.Modified = old.Created, at
	change := folderChange(v.ChannelID, v.ID, activity.Updated)
	change.Before = tree.Chain(v.ID)
	return putFolder(s, tree, v, change)
}

func putFolder(s *storage.Structure, tree *activity.Tree, v *activity.Folder, change activity.Change) (Step, error) {
	kept := *v
	kept.ClientData = bytes.Clone(v.ClientData)
	next, err := tree.With(kept)
	if err != nil {
		return Step{}, err
	}
	change.After = next.Chain(v.ID)
	return Step{change, s.WithTree(v.ChannelID, next)}, nil
}

// DeleteFolder takes the folder away with all folders below it.
func DeleteFolder(s *storage.Structure, channel activity.ChannelID, id activity.FolderID) (Step, error) {
	tree, _, err := folderOf(s, channel, id)
	if err != nil {
		return Step{}, err
	}
	change := folderChange(channel, id, activity.Deleted)
	change.Before = tree.Chain(id)
	return Step{change, s.WithTree(channel, tree.Without(id))}, nil
}

func folderChange(channel activity.ChannelID, id activity.FolderID, action activity.Action) activity.Change {
	return activity.Change{Kind: activity.FolderKind, Action: action, Item: string(id), Channel: channel}
}

func treeOf(s *storage.Structure, channel activity.ChannelID) (*activity.Tree, error) {
	if _, ok := s.Channel(channel); !ok {
		return nil, storage.UnknownChannel(channel)
	}
	return s.Tree(channel), nil
}

func folderOf(s *storage.Structure, channel activity.ChannelID, id activity.FolderID) (*activity.Tree, activity.Folder, error) {
	tree, err := treeOf(s, channel)
	if err != nil {
		return nil, activity.Folder{}, err
	}
	f, ok := tree.Folder(id)
	if !ok {
		return nil, f, activity.UnknownFolders(id)
	}
	return tree, f, nil
}
