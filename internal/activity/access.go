package activity

import (
	"crypto/sha256"
	"encoding/json"
)

// AccessType is what an access is for.
type AccessType string

// The types of accesses.
const (
	PersonalAccess AccessType = "personal" // the account's owner
	AppAccess      AccessType = "app"      // an app that the owner let in
	SharedAccess   AccessType = "shared"   // somebody the owner or an app shares with
)

// MaxAccessTokens is the most tokens that an access has: the oldest falls out.
const MaxAccessTokens = 10

// MinTokenLength is the least length of a token that a client chooses.
const MinTokenLength = 16

// TokenHash is the SHA-256 of a token: what is stored of it.
type TokenHash [sha256.Size]byte

// HashToken gives what is stored of a token.
func HashToken(token string) TokenHash { return sha256.Sum256([]byte(token)) }

// Access is a token with its name, type and permissions.
type Access struct {
	ID          AccessID
	Type        AccessType
	Name        string // unique per type and device
	DeviceName  string // of app accesses; else ""
	Permissions []Permission
	Tokens      []TokenHash // oldest first, at most MaxAccessTokens
	Created     Timestamp
	CreatedBy   string
	Modified    Timestamp
	Expires     *Timestamp // nil for never
	LastUsed    *Timestamp // nil for never; kept aside, may lag by a minute

	// PermissionsSeq is the user's sequence number when the permissions
	// changed last: older cursors are void for this access.
	PermissionsSeq Seq
}

// SessionAccess is the personal access as which a session acts.
func SessionAccess(s Session) Access {
	return Access{ID: AccessID(s.ID), Type: PersonalAccess, Name: s.AppID, Created: s.Created, CreatedBy: s.AppID, Expires: &s.Expires}
}

// Expired reports whether the access has ended by then.
func (a *Access) Expired(now Timestamp) bool { return a.Expires != nil && *a.Expires <= now }

// Personal reports whether the access may do everything in its account.
func (a *Access) Personal() bool { return a.Type == PersonalAccess }

// Level is how much a permission allows; each includes those before it.
type Level uint8

// The levels.
const (
	None Level = iota
	Read
	Contribute
	Manage
)

var levelNames = [...]string{"none", "read", "contribute", "manage"} //nolint:gochecknoglobals // never changed

// String gives the level's word.
func (l Level) String() string { return levelNames[l] }

// MarshalJSON gives the level's word.
func (l Level) MarshalJSON() ([]byte, error) { return json.Marshal(l.String()) }

// UnmarshalJSON takes "read", "contribute" or "manage".
func (l *Level) UnmarshalJSON(b []byte) error {
	var word string
	if err := json.Unmarshal(b, &word); err == nil {
		for level := Read; level <= Manage; level++ {
			if levelNames[level] == word {
				*l = level
				return nil
			}
		}
	}
	return NewFault("enum", `A level is "read", "contribute" or "manage".`)
}

// AllChannels is the channel id of a permission that stands for every channel,
// also future ones.
const AllChannels ChannelID = "*"

// Permission allows something in one channel or, as AllChannels, in each.
type Permission struct {
	ChannelID ChannelID `json:"channelId"`
	Level     Level     `json:"level,omitzero"` // counts for nothing beside FolderPermissions

	// FolderPermissions, when not nil, are all that can be reached.
	FolderPermissions []FolderPermission `json:"folderPermissions,omitzero"`
}

// FolderPermission allows something in a folder and all below it.
type FolderPermission struct {
	FolderID FolderID `json:"folderId"` // "" (null in JSON) for events without a folder
	Level    Level    `json:"level"`
}

// MarshalJSON gives null for the place of events without a folder.
func (p FolderPermission) MarshalJSON() ([]byte, error) {
	b := appendNullable([]byte(`{"folderId":`), string(p.FolderID))
	return append(append(append(b, `,"level":"`...), p.Level.String()...), `"}`...), nil
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (p *FolderPermission) UnmarshalJSON(b []byte) error {
	var stored struct {
		FolderID *FolderID `json:"folderId"`
		Level    Level     `json:"level"`
	}
	if err := json.Unmarshal(b, &stored); err != nil {
		return err
	}
	p.Level = stored.Level
	if stored.FolderID != nil {
		p.FolderID = *stored.FolderID
	}
	return nil
}
