package activity

// Seq numbers the changes of one user: from 1, without gaps, in the order of
// the commits.
type Seq int64

// Kind is what a change is about.
type Kind string

// The kinds. Clients see the first four; the others are for the servers.
const (
	ChannelKind Kind = "channel"
	FolderKind  Kind = "folder"
	EventKind   Kind = "event"
	AccessKind  Kind = "access"  // told to personal accesses only
	SessionKind Kind = "session" // a sign-in, or its end
	UserKind    Kind = "user"    // the account: information, password, disabled, deleted
	ProfileKind Kind = "profile" // the item is app:{access}, public or private
)

// Action is what happened.
type Action string

// The actions.
const (
	Created Action = "created"
	Updated Action = "updated"
	Deleted Action = "deleted"
)

// Change is one committed write, as the storage change feed reports it. The
// deletion of a folder or channel stands for everything below it.
type Change struct {
	User    UserID
	Seq     Seq
	Kind    Kind
	Action  Action
	Item    string    // the item's id
	Channel ChannelID // of channels, folders and events; else ""

	// Before and After are where the item was and is: of an event the chain of
	// its folder, of a folder its own. Both are nil for other kinds.
	Before, After Chain

	Origin Origin
	Time   Timestamp // of the commit; the item's modified
}

// Origin is who made a change.
type Origin struct {
	Access  AccessID  `json:"access,omitempty"`  // "" for the service itself
	Session SessionID `json:"session,omitempty"` // when a session made it
	Socket  string    `json:"socket,omitempty"`  // when a socket made it
}
