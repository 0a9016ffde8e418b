package sqlite

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strings"

	"zombiezen.com/go/sqlite"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

// listKind tells the few statements of lists apart. All else of a query are
// parameters, so that the statements that connections hold stay few.
type listKind struct {
	from      listSource
	ascending bool
	deletions bool
}

// listSource is where a list finds its rows.
type listSource uint8

const (
	byTime     listSource = iota // in the order of the table
	byModified                   // where few were modified since
	byRunning                    // where only running periods are asked for
)

// listStatements gives the statements of all kinds.
func listStatements() map[listKind]string {
	all := map[listKind]string{}
	for _, from := range []listSource{byTime, byModified, byRunning} {
		for _, ascending := range []bool{true, false} {
			for _, deletions := range []bool{true, false} {
				if kind := (listKind{from, ascending, deletions}); from != byRunning || !deletions {
					all[kind] = kind.statement()
				}
			}
		}
	}
	return all
}

// The parts of a list's statement. A plus keeps SQLite from using an index.
const (
	liveRows = `e.deleted IS NULL
		AND (?7 OR e.folder_key IN (SELECT value FROM json_each(?8)) OR (?9 AND e.folder_key IS NULL))
		AND (NOT ?7 OR e.folder_key IS NULL OR e.folder_key NOT IN (SELECT value FROM json_each(?10)))
		AND (?11 IS NULL OR NOT EXISTS (SELECT 1 FROM json_each(?11) WHERE instr(ifnull(e.tags, ''), value) = 0))
		AND (?12 IS NULL OR e.type IN (SELECT value FROM json_each(?12))
			OR substr(e.type, 1, instr(e.type, '/')) IN (SELECT value FROM json_each(?12)))
		AND (NOT ?13 OR (e.duration = -1 AND e.trashed = 0))
		AND (?14 IS NULL OR e.trashed = ?14)`
	tombstones = `e.deleted > ?6
		AND (?17 OR (?19 AND e.chain = '[]')
			OR EXISTS (SELECT 1 FROM json_each(e.chain) WHERE value IN (SELECT value FROM json_each(?18))))
		AND (?20 OR (?22 AND e.chain = '[]')
			OR EXISTS (SELECT 1 FROM json_each(e.chain) WHERE value IN (SELECT value FROM json_each(?21))))`
	futureTombstones = `e.deleted IS NULL AND e.folder_key IN (SELECT value FROM json_each(?23))`
)

func (k listKind) statement() string {
	var b strings.Builder
	b.WriteString("SELECT " + eventColumns + " FROM events e")
	since := "e.modified > ?6"
	switch k.from {
	case byTime:
		since = "+" + since
	case byModified:
		b.WriteString(" INDEXED BY events_modified")
	case byRunning:
		b.WriteString(" INDEXED BY events_periods")
		since = `"end" = 9e999 AND e.trashed = 0 AND +` + since
	}
	b.WriteString(" WHERE e.channel_key = ?1 AND (e.time, e.id) ")
	b.WriteString(map[bool]string{true: ">", false: "<"}[k.ascending])
	b.WriteString(" (?2, ?3) AND ")
	switch {
	case k.deletions && k.from == byModified:
		b.WriteString(since + " AND ((" + liveRows + " AND e.time >= ?4 AND e.time <= ?5) OR (" + tombstones + "))")
	case k.deletions:
		b.WriteString("((" + since + " AND " + liveRows + " AND e.time >= ?4 AND e.time <= ?5) OR (" + tombstones + ") OR (" + futureTombstones + "))")
	case k.ascending: // the cursor is the bound at the other end
		b.WriteString(since + " AND " + liveRows + " AND e.time <= ?5")
	default:
		b.WriteString(since + " AND " + liveRows + " AND e.time >= ?4")
	}
	direction := map[bool]string{true: "ASC", false: "DESC"}[k.ascending]
	b.WriteString(" ORDER BY e.time " + direction + ", e.id " + direction + " LIMIT ?15 OFFSET ?16")
	return b.String()
}

// cursor is a place in the order of a list: after the event of that time and
// id.
type cursor struct {
	time activity.Timestamp
	id   []byte
}

// before and behind all events of one time.
var (
	firstID = []byte{}                               //nolint:gochecknoglobals // never changed
	lastID  = bytes.Repeat([]byte{0xff}, 1+uuidSize) //nolint:gochecknoglobals // never changed
)

// start gives the cursor before a list's first event.
func start(q *storage.EventQuery) cursor {
	first, sign, id := q.To, 1, lastID
	if q.Ascending {
		first, sign, id = q.From, -1, firstID
	}
	if q.Deletions {
		first = nil // the bounds are not for tombstones
	}
	return cursor{bound(first, sign), id}
}

// later gives the one of two cursors that is further on in the list.
func later(a, b cursor, ascending bool) cursor {
	aFirst := a.time < b.time || a.time == b.time && bytes.Compare(a.id, b.id) < 0
	if aFirst == ascending {
		return b
	}
	return a
}

// filter is a query as it stands with one account: what of the folders is
// asked for, in keys.
type filter struct {
	all, noFolder bool
	keys          []int64 // of folders asked for
	deleted       []int64 // of folders whose events went with them
	listed        []int64 // those of them whose events are listed as tombstones
}

func newFilter(q *storage.EventQuery, a *account, in *container) filter {
	ids, noFolder, all := a.structure.Folders(q.Channel, q.Scope, q.Folders)
	f := filter{all: all, noFolder: noFolder, deleted: in.deletedKeys(nil)}
	if !all {
		f.keys = in.keysOf(ids, noFolder)
	}
	if q.Deletions {
		tree := a.structure.Tree(q.Channel)
		f.listed = in.deletedKeys(func(g *goneFolder) bool {
			return g.at > *q.ModifiedSince && q.Scope.Includes(g.chain) && asked(q.Folders, tree, g.chain)
		})
	}
	return f
}

// asked reports whether a filter of folders takes what is at the place.
func asked(f *storage.FolderFilter, tree *activity.Tree, at activity.Chain) bool {
	if f == nil {
		return true
	}
	if len(at) == 0 {
		return f.NoFolder
	}
	return slices.ContainsFunc(f.Folders, func(id activity.FolderID) bool {
		_, known := tree.Folder(id)
		return known && slices.Contains(at, id)
	})
}

// bindList binds all parameters of a list's statement.
func bindList(s *sqlite.Stmt, q *storage.EventQuery, tree *activity.Tree, key int64, f filter, at cursor, limit, skip int) {
	args := []any{
		key, at.time, at.id, bound(q.From, -1), bound(q.To, 1), bound(q.ModifiedSince, -1),
		f.all, jsonKeys(f.keys), f.noFolder, jsonKeys(f.deleted),
		tagFilter(q.Tags), typeFilter(q.Types), q.Running, stateFilter(q.State), limit, skip,
	}
	if q.Deletions {
		args = append(args, q.Scope.Whole() >= activity.Read, jsonFolders(q.Scope.Roots(activity.Read)), q.Scope.NoFolder() >= activity.Read)
		args = append(args, folderArgs(q.Folders, tree)...)
		args = append(args, jsonKeys(f.listed))
	}
	for i, a := range args[:min(len(args), s.BindParamCount())] {
		bind(s, i+1, a)
	}
}

// bound gives the time, or for none the infinity of that sign.
func bound(t *activity.Timestamp, sign int) activity.Timestamp {
	if t == nil {
		return activity.Timestamp(math.Inf(sign))
	}
	return *t
}

func folderArgs(f *storage.FolderFilter, tree *activity.Tree) []any {
	if f == nil {
		return []any{true, jsonFolders(nil), false}
	}
	known := slices.DeleteFunc(slices.Clone(f.Folders), func(id activity.FolderID) bool {
		_, ok := tree.Folder(id)
		return !ok
	})
	return []any{false, jsonFolders(known), f.NoFolder}
}

func jsonFolders(ids []activity.FolderID) text {
	return appendChain(append(activity.Chain{}, ids...))
}

func tagFilter(tags []string) any {
	if len(tags) == 0 {
		return nil
	}
	return tagLines(tags)
}

// typeFilter gives types as "class/format", and "class/" for all of a class.
func typeFilter(types []storage.TypeFilter) any {
	if len(types) == 0 {
		return nil
	}
	wanted := make([]string, len(types))
	for i, t := range types {
		wanted[i] = t.Class + "/" + t.Format
		if t.Format == "*" {
			wanted[i] = t.Class + "/"
		}
	}
	b, _ := json.Marshal(wanted) // strings: cannot fail
	return text(b)
}

func stateFilter(state storage.State) any {
	switch state {
	case storage.AllState:
		return nil
	case storage.TrashedState:
		return 1
	}
	return 0
}
