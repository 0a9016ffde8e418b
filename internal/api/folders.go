package api

import (
	"context"
	"net/http"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api/params"
	"github.com/activityd/activityd/internal/storage"
)

func (s *Service) folderMethods() []*Method {
	return []*Method{
		row(Method{
			ID: "folders.get", Verb: http.MethodGet, Path: "/{channelId}/folders", Status: http.StatusOK,
			Doc: "Gives the folders that the access sees, as a tree by name. Permitted folders are its roots where the access sees the channel in part.",
		}, s.getFolders),
		row(Method{
			ID: "folders.create", Verb: http.MethodPost, Path: "/{channelId}/folders", Status: http.StatusCreated,
			Doc: "Creates a folder.",
		}, s.createFolder),
		row(Method{
			ID: "folders.update", Verb: http.MethodPut, Path: "/{channelId}/folders/{id}", Status: http.StatusOK,
			Doc: "Changes the given fields of a folder: moves it, puts it into the trash or takes it out too.",
		}, s.updateFolder),
		row(Method{
			ID: "folders.delete", Verb: http.MethodDelete, Path: "/{channelId}/folders/{id}", Status: http.StatusOK,
			Also: []string{"folders.del"},
			Doc:  "Trashes a folder; deletes one in the trash with all folders below it, and deletes their events or moves them to its parent.",
		}, s.deleteFolder),
	}
}

// FolderPath names a folder in the path.
type FolderPath struct {
	InChannel
	ID activity.FolderID `json:"id" in:"path" doc:"The folder's id."`
}

// CreateFolder is a new folder.
type CreateFolder struct {
	InChannel
	ID         params.Optional[string] `json:"id" doc:"An id for the folder, made into letters, digits and hyphens; made up when absent."`
	Name       string                  `json:"name" required:"true" min:"1" max:"255" doc:"Its name, unique among its siblings."`
	ParentID   FolderRef               `json:"parentId" doc:"The folder that it stands in; null for none."`
	Hidden     bool                    `json:"hidden" doc:"Whether lists leave it out, with all below it, unless they are asked for hidden ones."`
	ClientData activity.Object         `json:"clientData" doc:"Anything that the client keeps with it."`
	Trashed    bool                    `json:"trashed" doc:"Whether it is in the trash."`
}

// createFolder is folders.create. Errors: CodeForbidden below manage level on
// the parent, on the whole channel for a root; CodeInvalidItemID,
// CodeUnknownFolder for the parent, CodeInvalidOperation in the trash or below
// activity.MaxFolderDepth, CodeItemIDAlreadyExists, CodeItemNameAlreadyExists.
func (s *Service) createFolder(ctx context.Context, c *Call, p CreateFolder) (FolderView, error) {
	if err := c.mayWrite(p.ChannelID); err != nil {
		return FolderView{}, err
	}
	id, err := givenOrNew(p.ID, activity.ParseFolderID)
	if err != nil {
		return FolderView{}, err
	}
	var view FolderView
	err = c.Tenant.Update(ctx, c.Origin, func(tx storage.Tx) error {
		in, err := c.place(tx, p.ChannelID)
		if err != nil {
			return err
		}
		parent := p.ParentID.folder()
		if err := in.addFolder(parent); err != nil {
			return err
		}
		f := activity.Folder{
			ID: id, ChannelID: p.ChannelID, Name: p.Name, ParentID: parent, Hidden: p.Hidden,
			ClientData: asGiven(p.ClientData), Trashed: p.Trashed,
		}
		if err := tx.CreateFolder(ctx, &f); err != nil {
			return err
		}
		view = in.view(f)
		return nil
	})
	return view, err
}

// addFolder checks that a folder may be put below the parent.
func (p *place) addFolder(parent activity.FolderID) error {
	if err := p.folders(parent); err != nil {
		return err
	}
	if err := p.open(); err != nil {
		return err
	}
	return p.openFolder(parent)
}

// UpdateFolder is what changes of a folder.
type UpdateFolder struct {
	FolderPath
	Name       params.Optional[string]    `json:"name" min:"1" max:"255" doc:"Its name, unique among its siblings."`
	ParentID   params.Optional[FolderRef] `json:"parentId" doc:"The folder to move it into; null for none. Null from an access that sees it as a root changes nothing."`
	Hidden     params.Optional[bool]      `json:"hidden" doc:"Whether lists leave it out, with all below it, unless they are asked for hidden ones."`
	ClientData activity.Object            `json:"clientData" doc:"Keys to set; null removes one; others stay."`
	Trashed    params.Optional[bool]      `json:"trashed" doc:"Puts it into the trash or takes it out."`
	Record
	Ignored
}

// updateFolder is folders.update. Errors: CodeForbidden below manage level on
// the folder, and on both parents of a move; CodeUnknownFolder,
// CodeInvalidOperation for a move into the trash, below itself or below
// activity.MaxFolderDepth; CodeItemNameAlreadyExists, CodeItemChanged.
func (s *Service) updateFolder(ctx context.Context, c *Call, p UpdateFolder) (FolderView, error) {
	if err := c.mayWrite(p.ChannelID); err != nil {
		return FolderView{}, err
	}
	var view FolderView
	err := c.Tenant.Update(ctx, c.Origin, func(tx storage.Tx) error {
		in, err := c.place(tx, p.ChannelID)
		if err != nil {
			return err
		}
		f, err := in.folder(p.ID, activity.Manage)
		if err != nil {
			return err
		}
		if err := p.check(c, f.Created, f.Modified); err != nil {
			return err
		}
		if f.ParentID, err = in.move(f, p.ParentID); err != nil {
			return err
		}
		f.Name = p.Name.Or(f.Name)
		f.Hidden = p.Hidden.Or(f.Hidden)
		f.ClientData = f.ClientData.Merge(p.ClientData)
		f.Trashed = p.Trashed.Or(f.Trashed)
		if err := tx.UpdateFolder(ctx, &f); err != nil {
			return err
		}
		view = in.view(f)
		return nil
	})
	return view, err
}

// move gives the parent that the folder is to have, when the access may move
// it there.
func (p *place) move(f activity.Folder, to params.Optional[FolderRef]) (activity.FolderID, error) {
	parent := to.Value.folder()
	asRoot := !p.scope.Includes(p.tree.Chain(f.ParentID))
	if !to.Set || parent == f.ParentID || parent == "" && asRoot {
		return f.ParentID, nil
	}
	if err := p.known(parent); err != nil {
		return "", err
	}
	if err := p.folders(f.ParentID); err != nil {
		return "", err
	}
	if err := p.folders(parent); err != nil {
		return "", err
	}
	return parent, p.openFolder(parent)
}

// DeleteFolder says which folder goes, and what becomes of its events.
type DeleteFolder struct {
	FolderPath
	MergeEventsWithParent params.Optional[bool] `json:"mergeEventsWithParent" doc:"Whether the events of a folder that is deleted, and of those below, move to its parent or are deleted too. Required when there are any."`
}

// deleteFolder is folders.delete. Errors: CodeForbidden below manage level on
// the folder and, for events that move to the parent, below contribute level
// there; CodeUnknownFolder, CodeMissingParameter, CodeItemChanged.
func (s *Service) deleteFolder(ctx context.Context, c *Call, p DeleteFolder) (Empty, error) {
	if err := c.mayWrite(p.ChannelID); err != nil {
		return Empty{}, err
	}
	return Empty{}, c.Tenant.Update(ctx, c.Origin, func(tx storage.Tx) error {
		in, err := c.place(tx, p.ChannelID)
		if err != nil {
			return err
		}
		f, err := in.folder(p.ID, activity.Manage)
		if err != nil {
			return err
		}
		if err := c.Unchanged(nil, f.Modified); err != nil {
			return err
		}
		if !f.Trashed {
			f.Trashed = true
			return tx.UpdateFolder(ctx, &f)
		}
		if err := in.merge(ctx, tx, f, p.MergeEventsWithParent); err != nil {
			return err
		}
		return tx.DeleteFolder(ctx, f.ChannelID, f.ID, p.MergeEventsWithParent.Value)
	})
}

// merge checks that what becomes of the folder's events is said where there
// are any, and that they may move to the parent where that is asked.
func (p *place) merge(ctx context.Context, tx storage.Tx, f activity.Folder, merge params.Optional[bool]) error {
	if merge.Value {
		return p.scope.Require(activity.Contribute, p.tree.Chain(f.ParentID))
	}
	if merge.Set {
		return nil
	}
	var gone []activity.FolderID
	for id := range p.tree.Below(f.ID) {
		gone = append(gone, id)
	}
	linked, err := tx.HasEvents(ctx, f.ChannelID, gone)
	if err == nil && linked {
		err = params.Missing("mergeEventsWithParent")
	}
	return err
}
