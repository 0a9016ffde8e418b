package api

import (
	"encoding/json"
	"errors"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

// InChannel names the channel in the path.
type InChannel struct {
	ChannelID activity.ChannelID `json:"channelId" in:"path" doc:"The channel's id."`
}

// FolderRef is a parameter that names a folder, or none ("", null in JSON and
// in a query).
type FolderRef activity.FolderID

// UnmarshalJSON takes an id or null. No folder is called "null", so the string
// is null too.
func (r *FolderRef) UnmarshalJSON(b []byte) error {
	var id *string
	if err := json.Unmarshal(b, &id); err != nil {
		return activity.NewFault("type", "This must be a folder's id, or null for none.")
	}
	if id == nil {
		return r.UnmarshalText([]byte("null"))
	}
	return r.UnmarshalText([]byte(*id))
}

// UnmarshalText takes an id or "null".
func (r *FolderRef) UnmarshalText(b []byte) error {
	switch id := string(b); id {
	case "":
		return activity.NewFault("minLength", "A folder's id is not empty: send null for none.")
	case "null":
		*r = ""
	default:
		*r = FolderRef(id)
	}
	return nil
}

// folder gives what the reference means to the domain.
func (r FolderRef) folder() activity.FolderID { return activity.FolderID(r) }

// errInPath marks an error that is about an id in the path.
const errInPath = constError("the id stands in the path")

// InPath reports whether the error is about an id in a request's path rather
// than in its parameters. CodeUnknownFolder is 404 then, else 400.
func InPath(err error) bool { return errors.Is(err, errInPath) }

// place is one channel as an access sees it within a unit of work: it judges
// folders by section 4 of the API's rules, for their own methods and for those
// of events alike.
type place struct {
	channel activity.Channel
	scope   activity.Scope
	tree    *activity.Tree
}

// place gives the channel for reading. Errors: as channel.
func (c *Call) place(tx storage.Tx, id activity.ChannelID) (place, error) {
	ch, scope, err := c.channel(tx, id)
	return place{channel: ch, scope: scope, tree: tx.Structure().Tree(id)}, err
}

// mayWrite fails with CodeForbidden when the access may write nowhere in the
// channel. That comes before all that needs a look at the data.
func (c *Call) mayWrite(id activity.ChannelID) error {
	if c.Access.Scope(id).Highest() < activity.Contribute {
		return activity.Forbidden()
	}
	return nil
}

// whole reports whether the access sees all of the channel, and so may know
// that something is not in it.
func (p *place) whole() bool { return p.scope.Whole() >= activity.Read }

// absent is the error for an item that is not there: an access that sees the
// channel in part must not learn that it is not.
func (p *place) absent(unknown error) error {
	if p.whole() {
		return unknown
	}
	return activity.Forbidden()
}

// folder gives the folder that the path names, for what needs the level.
// Errors: CodeForbidden, CodeUnknownFolder of the path.
func (p *place) folder(id activity.FolderID, level activity.Level) (activity.Folder, error) {
	f, ok := p.tree.Folder(id)
	if !ok {
		return f, p.absent(activity.UnknownFolders(id).Because(errInPath))
	}
	return f, p.scope.Require(level, p.tree.Chain(id))
}

// known checks that parameters name folders that the access sees. Errors:
// CodeUnknownFolder with every unknown id; CodeForbidden for one that it does
// not see, and for an unknown one where it sees the channel in part.
func (p *place) known(ids ...activity.FolderID) error {
	var unknown []activity.FolderID
	forbidden := false
	for _, id := range ids {
		if _, ok := p.tree.Folder(id); !ok && id != "" {
			unknown = append(unknown, id)
			continue
		}
		forbidden = forbidden || !p.scope.Includes(p.tree.Chain(id))
	}
	switch {
	case forbidden || len(unknown) > 0 && !p.whole():
		return activity.Forbidden()
	case len(unknown) > 0:
		return activity.UnknownFolders(unknown...)
	}
	return nil
}

// events checks that the access may write events in the folder, or in none.
// Errors: as known.
func (p *place) events(id activity.FolderID) error {
	if err := p.known(id); err != nil {
		return err
	}
	return p.scope.Require(activity.Contribute, p.tree.Chain(id))
}

// folders checks that the access may add folders to the parent, or take them
// away. Only who manages the whole channel may at the root. Errors: as known.
func (p *place) folders(parent activity.FolderID) error {
	if parent == "" {
		if p.scope.Whole() < activity.Manage {
			return activity.Forbidden()
		}
		return nil
	}
	if err := p.known(parent); err != nil {
		return err
	}
	return p.scope.Require(activity.Manage, p.tree.Chain(parent))
}

// trashed reports whether the folder or one above it is in the trash.
func (p *place) trashed(id activity.FolderID) bool {
	for _, above := range p.tree.Chain(id) {
		if f, _ := p.tree.Folder(above); f.Trashed {
			return true
		}
	}
	return false
}

// open fails with CodeInvalidOperation where the channel is in the trash.
func (p *place) open() error {
	if p.channel.Trashed {
		return inTrash("channel")
	}
	return nil
}

// openFolder fails with CodeInvalidOperation where the folder is in the trash.
func (p *place) openFolder(id activity.FolderID) error {
	if p.trashed(id) {
		return inTrash("folder")
	}
	return nil
}

func inTrash(what string) error {
	return activity.NewError(activity.CodeInvalidOperation, "The %s is in the trash: take it out first, or choose another.", what).
		With(map[string]any{"trashed": what})
}
