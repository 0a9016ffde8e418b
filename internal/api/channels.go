package api

import (
	"context"
	"net/http"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api/params"
	"github.com/activityd/activityd/internal/storage"
)

func (s *Service) channelMethods() []*Method {
	return []*Method{
		row(Method{
			ID: "channels.get", Verb: http.MethodGet, Path: "/channels", Status: http.StatusOK,
			Doc: "Lists the channels that the access sees, by name.",
		}, s.getChannels),
		row(Method{
			ID: "channels.getOne", Verb: http.MethodGet, Path: "/channels/{id}", Status: http.StatusOK,
			Doc: "Gives one channel.",
		}, s.getChannel),
		row(Method{
			ID: "channels.create", Verb: http.MethodPost, Path: "/channels", Status: http.StatusCreated,
			Doc: "Creates a channel. Personal accesses only.",
		}, s.createChannel),
		row(Method{
			ID: "channels.update", Verb: http.MethodPut, Path: "/channels/{id}", Status: http.StatusOK,
			Doc: "Changes the given fields of a channel, into or out of the trash too.",
		}, s.updateChannel),
		row(Method{
			ID: "channels.delete", Verb: http.MethodDelete, Path: "/channels/{id}", Status: http.StatusOK,
			Also: []string{"channels.del"},
			Doc:  "Trashes a channel; deletes one in the trash with all in it. Personal accesses only.",
		}, s.deleteChannel),
	}
}

// GetChannels asks for the channels of a state.
type GetChannels struct {
	State storage.State `json:"state" enum:"default trashed all" doc:"Which channels, by whether they are in the trash; default: those that are not."`
	TimeCountBase
}

func (s *Service) getChannels(ctx context.Context, c *Call, p GetChannels) ([]ChannelView, error) {
	var views []ChannelView
	now := s.now()
	err := c.Tenant.View(ctx, func(tx storage.Tx) error {
		views = []ChannelView{}
		for _, ch := range tx.Structure().Channels() {
			if !p.State.Includes(ch.Trashed) || !c.Access.Scope(ch.ID).Channel() {
				continue
			}
			view := ChannelView{Channel: ch}
			if p.Base.Set {
				seconds, err := c.channelTime(ctx, tx, ch.ID, p.Base.Value, now)
				if err != nil {
					return err
				}
				view.TimeCount = &seconds
			}
			views = append(views, view)
		}
		return nil
	})
	return views, err
}

// ChannelView is a channel as the API shows it.
type ChannelView struct {
	activity.Channel
	TimeCount *float64 `json:"timeCount,omitempty" doc:"With timeCountBase: how long the periods in it lasted since then, in seconds."`
}

// Version gives what the ETag is made of.
func (v ChannelView) Version() activity.Timestamp { return v.Modified }

// ChannelID names a channel in the path.
type ChannelID struct {
	ID activity.ChannelID `json:"id" in:"path" doc:"The channel's id."`
}

func (s *Service) getChannel(ctx context.Context, c *Call, p ChannelID) (ChannelView, error) {
	var ch activity.Channel
	err := c.Tenant.View(ctx, func(tx storage.Tx) error {
		var err error
		ch, _, err = c.channel(tx, p.ID)
		return err
	})
	return ChannelView{Channel: ch}, err
}

// CreateChannel is a new channel.
type CreateChannel struct {
	ID                     params.Optional[string] `json:"id" doc:"An id for the channel, made into letters, digits and hyphens; made up when absent."`
	Name                   string                  `json:"name" required:"true" min:"1" max:"255" doc:"Its name, unique among the user's channels."`
	EnforceNoEventsOverlap bool                    `json:"enforceNoEventsOverlap" doc:"Whether no two periods of the channel may intersect."`
	ClientData             activity.Object         `json:"clientData" doc:"Anything that the client keeps with it."`
	Trashed                bool                    `json:"trashed" doc:"Whether it is in the trash."`
}

// createChannel is channels.create. Errors: CodeForbidden for all but personal
// accesses, CodeInvalidItemID, CodeItemIDAlreadyExists,
// CodeItemNameAlreadyExists.
func (s *Service) createChannel(ctx context.Context, c *Call, p CreateChannel) (ChannelView, error) {
	if !c.Access.Personal() {
		return ChannelView{}, activity.Forbidden()
	}
	id, err := givenOrNew(p.ID, activity.ParseChannelID)
	if err != nil {
		return ChannelView{}, err
	}
	var ch activity.Channel
	err = c.Tenant.Update(ctx, c.Origin, func(tx storage.Tx) error {
		ch = activity.Channel{
			ID: id, Name: p.Name, EnforceNoEventsOverlap: p.EnforceNoEventsOverlap,
			ClientData: asGiven(p.ClientData), Trashed: p.Trashed,
		}
		return tx.CreateChannel(ctx, &ch)
	})
	return ChannelView{Channel: ch}, err
}

// UpdateChannel is what changes of a channel.
type UpdateChannel struct {
	ChannelID
	Name                   params.Optional[string] `json:"name" min:"1" max:"255" doc:"Its name, unique among the user's channels."`
	EnforceNoEventsOverlap params.Optional[bool]   `json:"enforceNoEventsOverlap" doc:"Whether no two periods of the channel may intersect."`
	ClientData             activity.Object         `json:"clientData" doc:"Keys to set; null removes one; others stay."`
	Trashed                params.Optional[bool]   `json:"trashed" doc:"Puts it into the trash or takes it out."`
	Record
	Ignored
}

// updateChannel is channels.update. Errors: CodeForbidden below manage level
// on the whole channel, CodeUnknownChannel, CodeItemNameAlreadyExists,
// CodePeriodsOverlap where the rule is switched on over such, CodeItemChanged.
func (s *Service) updateChannel(ctx context.Context, c *Call, p UpdateChannel) (ChannelView, error) {
	if err := c.mayWrite(p.ID); err != nil {
		return ChannelView{}, err
	}
	var ch activity.Channel
	err := c.Tenant.Update(ctx, c.Origin, func(tx storage.Tx) error {
		var scope activity.Scope
		var err error
		if ch, scope, err = c.channel(tx, p.ID); err != nil {
			return err
		}
		if scope.Whole() < activity.Manage {
			return activity.Forbidden()
		}
		if err := p.check(c, ch.Created, ch.Modified); err != nil {
			return err
		}
		ruled := ch.EnforceNoEventsOverlap
		ch.Name = p.Name.Or(ch.Name)
		ch.EnforceNoEventsOverlap = p.EnforceNoEventsOverlap.Or(ch.EnforceNoEventsOverlap)
		ch.ClientData = ch.ClientData.Merge(p.ClientData)
		ch.Trashed = p.Trashed.Or(ch.Trashed)
		if !ruled && ch.EnforceNoEventsOverlap {
			in := place{channel: ch, scope: scope, tree: tx.Structure().Tree(ch.ID)}
			if err := in.disjoint(ctx, tx); err != nil {
				return err
			}
		}
		return tx.UpdateChannel(ctx, &ch)
	})
	return ChannelView{Channel: ch}, err
}

// deleteChannel is channels.delete. Errors: CodeForbidden for all but personal
// accesses, CodeUnknownChannel, CodeItemChanged.
func (s *Service) deleteChannel(ctx context.Context, c *Call, p ChannelID) (Empty, error) {
	if !c.Access.Personal() {
		return Empty{}, activity.Forbidden()
	}
	return Empty{}, c.Tenant.Update(ctx, c.Origin, func(tx storage.Tx) error {
		ch, _, err := c.channel(tx, p.ID)
		if err != nil {
			return err
		}
		if err := c.Unchanged(nil, ch.Modified); err != nil {
			return err
		}
		if ch.Trashed {
			return tx.DeleteChannel(ctx, ch.ID)
		}
		ch.Trashed = true
		return tx.UpdateChannel(ctx, &ch)
	})
}
