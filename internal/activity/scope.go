package activity

// Scope is what an access may do in one channel. It answers from chains alone,
// without a tree, so that a change can be judged long after it happened. The
// zero Scope allows nothing.
type Scope struct {
	sees     bool               // the channel itself can be read
	whole    Level              // in all of the channel
	folders  map[FolderID]Level // in these folders and all below
	noFolder Level              // of events without a folder
}

// WholeScope allows the level in all of a channel.
func WholeScope(level Level) Scope { return Scope{sees: level > None, whole: level} }

// Scope gives what the access may do in the channel, known or not.
func (a *Access) Scope(channel ChannelID) Scope {
	if a.Personal() {
		return WholeScope(Manage)
	}
	var s Scope
	for _, p := range a.Permissions {
		if p.ChannelID == channel || p.ChannelID == AllChannels {
			s.add(p)
		}
	}
	return s
}

func (s *Scope) add(p Permission) {
	s.sees = true
	if p.FolderPermissions == nil {
		s.whole = max(s.whole, p.Level)
		return
	}
	for _, f := range p.FolderPermissions {
		if f.FolderID == "" {
			s.noFolder = max(s.noFolder, f.Level)
			continue
		}
		if s.folders == nil {
			s.folders = map[FolderID]Level{}
		}
		s.folders[f.FolderID] = max(s.folders[f.FolderID], f.Level)
	}
}

// Level gives what is allowed to an item at the place. Nothing is at a nil one.
func (s Scope) Level(at Chain) Level {
	if at == nil {
		return None
	}
	level := s.whole
	if len(at) == 0 {
		level = max(level, s.noFolder)
	}
	for _, id := range at {
		level = max(level, s.folders[id])
	}
	return level
}

// Includes reports whether an item at the place can be read. It is the filter
// of lists and of notifications alike.
func (s Scope) Includes(at Chain) bool { return s.Level(at) >= Read }

// IncludesChange reports whether a change can be told: its item could be read
// before or after it.
func (s Scope) IncludesChange(c *Change) bool {
	if c.Kind == ChannelKind {
		return s.sees
	}
	return s.Includes(c.Before) || s.Includes(c.After)
}

// ActionOf gives what a change is to who has the scope: Created for what came
// into sight, Deleted for what left it, "" for what cannot be told.
func (s Scope) ActionOf(c *Change) Action {
	switch before, after := s.Includes(c.Before), s.Includes(c.After); {
	case !s.IncludesChange(c):
		return ""
	case c.Kind == ChannelKind || before && after:
		return c.Action
	case after:
		return Created
	default:
		return Deleted
	}
}

// Channel reports whether the channel itself can be read.
func (s Scope) Channel() bool { return s.sees }

// Whole gives what is allowed in all of the channel, and to the channel
// itself: None where it is seen in part only.
func (s Scope) Whole() Level { return s.whole }

// NoFolder gives what is allowed to events without a folder.
func (s Scope) NoFolder() Level { return max(s.whole, s.noFolder) }

// Highest gives the most that is allowed anywhere in the channel.
func (s Scope) Highest() Level {
	highest := s.NoFolder()
	for _, level := range s.folders {
		highest = max(highest, level)
	}
	return highest
}

// Roots gives the folders that are listed for at least the level, in no order;
// nil where the whole channel allows it.
func (s Scope) Roots(level Level) []FolderID {
	if s.whole >= level {
		return nil
	}
	roots := make([]FolderID, 0, len(s.folders))
	for id, l := range s.folders {
		if l >= level {
			roots = append(roots, id)
		}
	}
	return roots
}

// Require fails with CodeForbidden unless the level is allowed at the place.
func (s Scope) Require(level Level, at Chain) error {
	if s.Level(at) < level {
		return Forbidden()
	}
	return nil
}

// Forbidden is the one error for all that an access does not allow; its body
// never tells whether the item exists.
func Forbidden() *Error {
	return NewError(CodeForbidden, "This access does not allow it: use one with the permission, or ask the account's owner for it.")
}

// Covers reports whether all that the permissions allow is allowed to the
// access too. tree gives the folders of a channel.
func (a *Access) Covers(permissions []Permission, tree func(ChannelID) *Tree) bool {
	for _, p := range permissions {
		if !a.covers(p, tree(p.ChannelID)) {
			return false
		}
	}
	return true
}

func (a *Access) covers(p Permission, tree *Tree) bool {
	own := a.Scope(p.ChannelID) // for AllChannels: of the entries that are for all
	if p.FolderPermissions == nil {
		return own.sees && own.whole >= p.Level
	}
	for _, f := range p.FolderPermissions {
		if own.Level(tree.Chain(f.FolderID)) < f.Level {
			return false
		}
	}
	return own.sees
}
