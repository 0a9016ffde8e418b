package activity

// Bounds of the parts of items, in characters unless said otherwise.
const (
	MaxNameLength        = 255
	MaxDescriptionLength = 65536
	MaxTags              = 100 // number of tags of one event
	MaxTagLength         = 200
	MaxTypePartLength    = 100   // of a type's class and of its format
	MaxClientDataBytes   = 65536 // of the JSON text
	MaxFolderDepth       = 64    // levels of a folder tree, roots being the first
)

// Channel is a top-level container of one kind of activity.
type Channel struct {
	ID                     ChannelID `json:"id"`
	Name                   string    `json:"name"` // unique per user
	EnforceNoEventsOverlap bool      `json:"enforceNoEventsOverlap"`
	ClientData             Object    `json:"clientData"`
	Trashed                bool      `json:"trashed"`
	Created                Timestamp `json:"created"`
	Modified               Timestamp `json:"modified"`
}

// Folder is a node of a tree inside one channel.
type Folder struct {
	ID         FolderID  `json:"id"`
	ChannelID  ChannelID `json:"channelId"`
	Name       string    `json:"name"`     // unique among siblings
	ParentID   FolderID  `json:"parentId"` // "" (null in JSON) for a root
	Hidden     bool      `json:"hidden"`
	ClientData Object    `json:"clientData"`
	Trashed    bool      `json:"trashed"`
	Created    Timestamp `json:"created"`
	Modified   Timestamp `json:"modified"`
}
