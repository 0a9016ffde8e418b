package mongo

import (
	"encoding/json"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage/keys"
)

// The documents of the structure. Times are doubles, JSON is text as it was
// given, and what is empty is left out.

type userDoc struct {
	ID       bson.D              `bson:"_id"`
	Username string              `bson:"username,omitempty"`
	Email    string              `bson:"email,omitempty"`
	Language string              `bson:"language,omitempty"`
	Name     string              `bson:"displayName,omitempty"`
	Hash     string              `bson:"passwordHash,omitempty"`
	Disabled bool                `bson:"disabled,omitempty"`
	Created  activity.Timestamp  `bson:"created"`
	Gone     *activity.Timestamp `bson:"gone,omitempty"` // when it was deleted; the rest is empty then
	Seq      int64               `bson:"seq,omitempty"`  // of the deletion
}

func userDocOf(u *activity.User) *userDoc {
	return &userDoc{
		ID: itemID(u.ID, userKind, ""), Username: string(u.Username), Email: u.Email, Language: u.LanguageCode,
		Name: u.DisplayName, Hash: u.PasswordHash, Disabled: u.Disabled, Created: u.Created,
	}
}

func (d *userDoc) user(id activity.UserID) activity.User {
	return activity.User{
		ID: id, Username: activity.Username(d.Username), Email: d.Email, LanguageCode: d.Language,
		DisplayName: d.Name, PasswordHash: d.Hash, Disabled: d.Disabled, Created: d.Created,
	}
}

type channelDoc struct {
	ID       bson.D              `bson:"_id"`
	Channel  string              `bson:"id"`
	Name     string              `bson:"name,omitempty"`
	Exclude  bool                `bson:"enforceNoEventsOverlap,omitempty"`
	Data     *string             `bson:"clientData,omitempty"`
	Trashed  bool                `bson:"trashed,omitempty"`
	Created  activity.Timestamp  `bson:"created"`
	Modified activity.Timestamp  `bson:"modified"`
	Gone     *activity.Timestamp `bson:"gone,omitempty"`
}

func channelDocOf(user activity.UserID, key int64, c *activity.Channel) *channelDoc {
	return &channelDoc{
		ID: itemID(user, channelKind, key), Channel: string(c.ID), Name: c.Name, Exclude: c.EnforceNoEventsOverlap,
		Data: jsonText(c.ClientData), Trashed: c.Trashed, Created: c.Created, Modified: c.Modified,
	}
}

func (d *channelDoc) channel() activity.Channel {
	return activity.Channel{
		ID: activity.ChannelID(d.Channel), Name: d.Name, EnforceNoEventsOverlap: d.Exclude,
		ClientData: jsonBytes(d.Data), Trashed: d.Trashed, Created: d.Created, Modified: d.Modified,
	}
}

// folderDoc is a folder. One that is gone stays until its events are swept: To
// says what becomes of them: nil, they are deleted; else they are in the folder
// of that key, or in none for 0.
type folderDoc struct {
	ID       bson.D              `bson:"_id"`
	Channel  int64               `bson:"channel"` // its key
	Folder   string              `bson:"id"`
	Name     string              `bson:"name,omitempty"`
	Parent   string              `bson:"parent,omitempty"`
	Hidden   bool                `bson:"hidden,omitempty"`
	Data     *string             `bson:"clientData,omitempty"`
	Trashed  bool                `bson:"trashed,omitempty"`
	Created  activity.Timestamp  `bson:"created"`
	Modified activity.Timestamp  `bson:"modified"`
	Gone     *activity.Timestamp `bson:"gone,omitempty"`
	To       *int64              `bson:"to,omitempty"`
	Chain    []string            `bson:"chain,omitempty"`  // where it was
	Origin   *originDoc          `bson:"origin,omitempty"` // who deleted it
}

type originDoc struct {
	Access  string `bson:"access,omitempty"`
	Session string `bson:"session,omitempty"`
	Socket  string `bson:"socket,omitempty"`
}

func originDocOf(o activity.Origin) *originDoc {
	return &originDoc{Access: string(o.Access), Session: string(o.Session), Socket: o.Socket}
}

func (d *originDoc) origin() activity.Origin {
	if d == nil {
		return activity.Origin{}
	}
	return activity.Origin{Access: activity.AccessID(d.Access), Session: activity.SessionID(d.Session), Socket: d.Socket}
}

func folderDocOf(user activity.UserID, channel, key int64, f *activity.Folder) *folderDoc {
	return &folderDoc{
		ID: itemID(user, folderKind, key), Channel: channel, Folder: string(f.ID), Name: f.Name, Parent: string(f.ParentID), Hidden: f.Hidden,
		Data: jsonText(f.ClientData), Trashed: f.Trashed, Created: f.Created, Modified: f.Modified,
	}
}

func (d *folderDoc) folder(channel activity.ChannelID) activity.Folder {
	return activity.Folder{
		ID: activity.FolderID(d.Folder), ChannelID: channel, Name: d.Name, ParentID: activity.FolderID(d.Parent), Hidden: d.Hidden,
		ClientData: jsonBytes(d.Data), Trashed: d.Trashed, Created: d.Created, Modified: d.Modified,
	}
}

func (d *folderDoc) goneFolder() keys.Gone {
	g := keys.Gone{Merged: d.To != nil, At: *d.Gone, Chain: activity.Chain{}}
	if d.To != nil {
		g.To = *d.To
	}
	for _, id := range d.Chain {
		g.Chain = append(g.Chain, activity.FolderID(id))
	}
	return g
}

type accessDoc struct {
	ID          bson.D              `bson:"_id"`
	Type        string              `bson:"type"`
	Name        string              `bson:"name,omitempty"`
	Device      string              `bson:"deviceName,omitempty"`
	Permissions string              `bson:"permissions"`
	Seq         int64               `bson:"permissionsSeq"`
	Tokens      []byte              `bson:"tokens"` // the hashes, 32 bytes each, oldest first
	Created     activity.Timestamp  `bson:"created"`
	CreatedBy   string              `bson:"createdBy,omitempty"`
	Modified    activity.Timestamp  `bson:"modified"`
	Expires     *activity.Timestamp `bson:"expires,omitempty"`
}

// useDoc tells when an access was used last: apart from it, so that noting a
// use stands in no writer's way.
type useDoc struct {
	At activity.Timestamp `bson:"at"`
}

func accessDocOf(user activity.UserID, v *activity.Access) (*accessDoc, error) {
	permissions, err := json.Marshal(v.Permissions)
	return &accessDoc{
		ID: itemID(user, accessKind, string(v.ID)), Type: string(v.Type), Name: v.Name, Device: v.DeviceName, Permissions: string(permissions),
		Seq: int64(v.PermissionsSeq), Tokens: keys.JoinTokens(v.Tokens), Created: v.Created, CreatedBy: v.CreatedBy, Modified: v.Modified,
		Expires: v.Expires,
	}, err
}

func (d *accessDoc) access(id string) (activity.Access, error) {
	v := activity.Access{
		ID: activity.AccessID(id), Type: activity.AccessType(d.Type), Name: d.Name, DeviceName: d.Device,
		PermissionsSeq: activity.Seq(d.Seq), Tokens: keys.SplitTokens(d.Tokens), Created: d.Created, CreatedBy: d.CreatedBy, Modified: d.Modified,
		Expires: d.Expires,
	}
	err := json.Unmarshal([]byte(d.Permissions), &v.Permissions)
	return v, err
}

type sessionDoc struct {
	ID      bson.D             `bson:"_id"`
	App     string             `bson:"appId,omitempty"`
	Agent   string             `bson:"userAgent,omitempty"`
	Created activity.Timestamp `bson:"created"`
	Expires activity.Timestamp `bson:"expires"`
}

func sessionDocOf(user activity.UserID, v *activity.Session) *sessionDoc {
	return &sessionDoc{ID: itemID(user, sessionKind, string(v.ID)), App: v.AppID, Agent: v.UserAgent, Created: v.Created, Expires: v.Expires}
}

func (d *sessionDoc) session(id string) activity.Session {
	return activity.Session{ID: activity.SessionID(id), AppID: d.App, UserAgent: d.Agent, Created: d.Created, Expires: d.Expires}
}

// jsonText gives JSON as text; nil for none.
func jsonText(o activity.Object) *string {
	if o == nil {
		return nil
	}
	s := string(o)
	return &s
}

func jsonBytes(s *string) activity.Object {
	if s == nil {
		return nil
	}
	return activity.Object(*s)
}
