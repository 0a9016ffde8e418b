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
	ID                     ChannelID `json:"id" doc:"Unique among the user's channels."`
	Name                   string    `json:"name" doc:"Unique among the user's channels."`
	EnforceNoEventsOverlap bool      `json:"enforceNoEventsOverlap" doc:"Whether no two periods of the channel may intersect."`
	ClientData             Object    `json:"clientData" doc:"What clients keep with it."`
	Trashed                bool      `json:"trashed" doc:"Whether it is in the trash."`
	Created                Timestamp `json:"created" doc:"When it was created."`
	Modified               Timestamp `json:"modified" doc:"When it was changed last; rises strictly over all items of a user."`
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
