package sqlite

import (
	"math"
	"strings"

	"zombiezen.com/go/sqlite"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage/keys"
)

// The columns of an event, as readEvent takes them.
const eventColumns = `e.id, e.time, e.folder_key, e.trashed, e.modified, e.deleted, e.duration, e.type, e.tags,
	e.created, e.created_by, e.modified_by, e.description, e.attachments, e.client_data, e.value, e."end"`

// stillRuns stands for the duration of a running period.
const stillRuns = -1

// readEvent reads a row. An event that went with its folder reads as the
// tombstone that the sweep will make of it.
func readEvent(s *sqlite.Stmt, channel activity.ChannelID, in *keys.Channel) (activity.Event, error) {
	var id [keys.UUIDSize]byte
	s.ColumnBytes(0, id[:])
	e := activity.Event{ID: keys.UnpackID(id[:]), ChannelID: channel, Modified: columnTime(s, 4)}
	if e.Deleted = columnOptional(s, 5); e.Deleted != nil {
		return e, nil
	}
	folder, gone := in.Place(s.ColumnInt64(2))
	if gone != nil {
		e.Modified, e.Deleted = gone.At, &gone.At
		return e, nil
	}
	e.Time = columnTime(s, 1)
	e.FolderID = folder
	e.Trashed = s.ColumnBool(3)
	if !s.ColumnIsNull(6) {
		if d := s.ColumnFloat(6); d == stillRuns {
			e.Duration = activity.Running
		} else {
			e.Duration = activity.Seconds(d)
			if end, _ := e.End(); columnTime(s, 16) != end {
				e.ExactEnd = columnOptional(s, 16)
			}
		}
	}
	e.Type.Class, e.Type.Format, _ = strings.Cut(s.ColumnText(7), "/")
	e.Created = columnTime(s, 9)
	e.CreatedBy = s.ColumnText(10)
	e.ModifiedBy = s.ColumnText(11)
	if !s.ColumnIsNull(12) {
		d := s.ColumnText(12)
		e.Description = &d
	}
	e.ClientData = columnBytes(s, 14)
	e.Value = columnBytes(s, 15)
	var err error
	if e.Tags, err = parseTags(s.ColumnText(8)); err != nil {
		return e, err
	}
	e.Attachments, err = parseAttachments(columnBytes(s, 13))
	return e, err
}

// The columns that bindEvent binds, from the third parameter on; the first two
// are the channel's key and the id.
const (
	insertEvent = `INSERT INTO events (channel_key, id, time, folder_key, trashed, modified, duration, "end", type, tags,
		modified_by, description, attachments, client_data, value, created, created_by)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	updateEvent = `UPDATE events INDEXED BY events_id SET time = ?3, folder_key = ?4, trashed = ?5, modified = ?6, duration = ?7, "end" = ?8, type = ?9, tags = ?10,
		modified_by = ?11, description = ?12, attachments = ?13, client_data = ?14, value = ?15
		WHERE channel_key = ?1 AND id = ?2`
	lastUpdated = 15
)

func bindEvent(s *sqlite.Stmt, in *keys.Channel, id []byte, e *activity.Event, modified activity.Timestamp) error {
	attachments, err := appendAttachments(e.Attachments)
	if err != nil {
		return err
	}
	s.BindInt64(1, in.Key)
	s.BindBytes(2, id)
	s.BindFloat(3, float64(e.Time))
	if e.FolderID == "" {
		s.BindNull(4)
	} else {
		s.BindInt64(4, in.Folders[e.FolderID])
	}
	s.BindBool(5, e.Trashed)
	s.BindFloat(6, float64(modified))
	bindDuration(s, e)
	s.BindText(9, e.Type.String())
	bindText(s, 10, appendTags(e.Tags))
	s.BindText(11, e.ModifiedBy)
	if e.Description == nil {
		s.BindNull(12)
	} else {
		s.BindText(12, *e.Description)
	}
	bindText(s, 13, attachments)
	bindText(s, 14, e.ClientData)
	bindText(s, 15, e.Value)
	return nil
}

func bindDuration(s *sqlite.Stmt, e *activity.Event) {
	seconds, ended := e.Duration.Seconds()
	switch {
	case e.Duration.IsRunning():
		s.BindFloat(7, stillRuns)
		s.BindFloat(8, math.Inf(1))
	case ended:
		end, _ := e.End()
		s.BindFloat(7, seconds)
		s.BindFloat(8, float64(end))
	default:
		s.BindNull(7)
		s.BindNull(8)
	}
}
