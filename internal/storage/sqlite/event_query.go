package sqlite

import (
	"encoding/json"
	"slices"
	"strings"

	"zombiezen.com/go/sqlite"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/keys"
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

// bindList binds all parameters of a list's statement.
func bindList(s *sqlite.Stmt, q *storage.EventQuery, tree *activity.Tree, key int64, f keys.Filter, at keys.Cursor, limit, skip int) {
	args := []any{
		key, at.Time, at.ID, keys.Bound(q.From, -1), keys.Bound(q.To, 1), keys.Bound(q.ModifiedSince, -1),
		f.All, jsonKeys(f.Keys), f.NoFolder, jsonKeys(f.Deleted),
		tagFilter(q.Tags), typeFilter(q.Types), q.Running, stateFilter(q.State), limit, skip,
	}
	if q.Deletions {
		args = append(args, q.Scope.Whole() >= activity.Read, jsonFolders(q.Scope.Roots(activity.Read)), q.Scope.NoFolder() >= activity.Read)
		args = append(args, folderArgs(q.Folders, tree)...)
		args = append(args, jsonKeys(f.Listed))
	}
	for i, a := range args[:min(len(args), s.BindParamCount())] {
		bind(s, i+1, a)
	}
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
