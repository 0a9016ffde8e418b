package mongo

import (
	"math"
	"strings"

	core "go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/keys"
)

// stored is an event as its document has it.
type stored struct {
	event   activity.Event // but for its folder; of a tombstone the id and times
	folder  int64          // the key, 0 for none
	chain   activity.Chain // of a tombstone: where it was
	request *storage.Request
}

// as gives what the event is. One that went with its folder is the tombstone
// that the sweep will make of it.
func (s *stored) as(in *keys.Channel) activity.Event {
	e := s.event
	if e.Deleted != nil {
		return activity.Event{ID: e.ID, ChannelID: e.ChannelID, Modified: e.Modified, Deleted: e.Deleted}
	}
	folder, gone := in.Place(s.folder)
	if gone != nil {
		return activity.Event{ID: e.ID, ChannelID: e.ChannelID, Modified: gone.At, Deleted: &gone.At}
	}
	e.FolderID = folder
	return e
}

// buried gives the event's tombstone.
func (s *stored) buried(at activity.Timestamp, chain activity.Chain) *stored {
	return &stored{
		event: activity.Event{ID: s.event.ID, ChannelID: s.event.ChannelID, Time: s.event.Time, Created: s.event.Created, Modified: at, Deleted: &at},
		chain: chain,
	}
}

// stillRuns stands for the duration of a running period.
const stillRuns = -1

// append appends the event's document. The value is last: filters need not read
// past it.
func (s *stored) append(b []byte, user activity.UserID, channel int64, packed []byte) []byte {
	e := &s.event
	return document(b, func(b []byte) []byte {
		b = subdocument(b, "_id", func(b []byte) []byte {
			b = core.AppendStringElement(b, "u", string(user))
			b = core.AppendInt64Element(b, "c", channel)
			return core.AppendBinaryElement(b, "i", 0, packed)
		})
		b = appendTime(b, "time", e.Time)
		b = appendTime(b, "modified", e.Modified)
		b = appendTime(b, "created", e.Created)
		if e.Deleted != nil {
			b = appendTime(b, "deleted", *e.Deleted)
			return appendChain(b, "chain", s.chain)
		}
		b = core.AppendInt64Element(b, "folder", s.folder)
		b = core.AppendBooleanElement(b, "trashed", e.Trashed)
		b = appendDuration(b, e)
		b = core.AppendStringElement(b, "type", e.Type.String())
		if len(e.Tags) > 0 {
			b = array(b, "tags", len(e.Tags), func(b []byte, key string, i int) []byte { return core.AppendStringElement(b, key, e.Tags[i]) })
		}
		b = core.AppendStringElement(b, "createdBy", e.CreatedBy)
		b = core.AppendStringElement(b, "modifiedBy", e.ModifiedBy)
		if s.request != nil {
			b = subdocument(b, "request", func(b []byte) []byte { return appendRequest(b, s.request) })
		}
		if e.Description != nil {
			b = core.AppendStringElement(b, "description", *e.Description)
		}
		return appendContent(b, e)
	})
}

// appendContent appends what is kept as its writer gave it.
func appendContent(b []byte, e *activity.Event) []byte {
	if len(e.Attachments) > 0 {
		b = array(b, "attachments", len(e.Attachments), func(b []byte, key string, i int) []byte {
			return subdocument(b, key, func(b []byte) []byte { return appendAttachment(b, &e.Attachments[i]) })
		})
	}
	if e.ClientData != nil {
		b = core.AppendStringElement(b, "clientData", string(e.ClientData))
	}
	if e.Value != nil {
		b = core.AppendStringElement(b, "value", string(e.Value))
	}
	return b
}

func appendDuration(b []byte, e *activity.Event) []byte {
	seconds, ended := e.Duration.Seconds()
	switch {
	case e.Duration.IsRunning():
		b = core.AppendDoubleElement(b, "duration", stillRuns)
		return core.AppendDoubleElement(b, "end", math.Inf(1))
	case ended:
		end, _ := e.End()
		b = core.AppendDoubleElement(b, "duration", seconds)
		return appendTime(b, "end", end)
	}
	return b
}

func appendAttachment(b []byte, a *activity.Attachment) []byte {
	b = core.AppendStringElement(b, "name", a.Name)
	b = core.AppendStringElement(b, "fileName", a.FileName)
	b = core.AppendStringElement(b, "type", a.Type)
	return core.AppendInt64Element(b, "size", a.Size)
}

func appendRequest(b []byte, r *storage.Request) []byte {
	b = core.AppendStringElement(b, "access", string(r.Access))
	b = core.AppendBinaryElement(b, "hash", 0, r.Hash[:])
	b = appendTime(b, "time", r.Time)
	b = appendTime(b, "modified", r.Modified)
	return optionalText(b, "stopped", string(r.Stopped))
}

// readStored reads an event's document.
func readStored(doc []byte, channel activity.ChannelID) (*stored, error) {
	s := &stored{}
	return s, s.readAll(doc, channel)
}

// readAll reads an event's document into s. Texts that the event before in s had
// too are shared with it: those of lists are mostly the same.
func (s *stored) readAll(doc []byte, channel activity.ChannelID) error {
	before := &s.event
	tags := before.Tags
	*s = stored{event: activity.Event{
		ChannelID: channel, Tags: []string{}, Type: before.Type, CreatedBy: before.CreatedBy, ModifiedBy: before.ModifiedBy,
	}}
	var end activity.Timestamp
	err := eachElement(doc, func(key []byte, v core.Value) (err error) {
		switch string(key) {
		case "end":
			end = timeOf(v)
			return nil
		case "tags":
			s.event.Tags, err = readTags(v.Data, tags)
			return err
		}
		return s.read(key, v)
	})
	if _, ended := s.event.Duration.Seconds(); ended {
		if sum, _ := s.event.End(); sum != end {
			exact := end
			s.event.ExactEnd = &exact
		}
	}
	return err
}

// sameOr gives the text of a value: the one before where that is the same.
func sameOr(before string, v core.Value) string {
	if length, rem, ok := core.ReadLength(v.Data); ok && v.Type == core.TypeString && length > 0 && int(length) == len(rem) && string(rem[:length-1]) == before {
		return before
	}
	return textOf(v)
}

// read takes one element but for the end.
func (s *stored) read(key []byte, v core.Value) (err error) {
	e := &s.event
	switch string(key) {
	case "_id":
		e.ID, err = readEventID(v.Data)
	case "time":
		e.Time = timeOf(v)
	case "modified":
		e.Modified = timeOf(v)
	case "created":
		e.Created = timeOf(v)
	case "deleted":
		at := timeOf(v)
		e.Deleted = &at
	case "chain":
		s.chain, err = readChain(v)
	case "folder":
		s.folder = numberOf(v)
	case "trashed":
		e.Trashed = yes(v)
	case "duration":
		if e.Duration = activity.Seconds(float64(timeOf(v))); timeOf(v) == stillRuns {
			e.Duration = activity.Running
		}
	case "type":
		e.Type = typeOf(e.Type, v)
	case "request":
		s.request, err = readRequest(v.Data)
	default:
		return s.readContent(key, v)
	}
	return err
}

// typeOf gives a type: the one before where that is the same.
func typeOf(before activity.Type, v core.Value) (t activity.Type) {
	class := before.Class
	if length, rem, ok := core.ReadLength(v.Data); ok && int(length) == len(class)+len(before.Format)+2 && int(length) == len(rem) &&
		string(rem[:len(class)]) == class && rem[len(class)] == '/' && string(rem[len(class)+1:length-1]) == before.Format {
		return before
	}
	t.Class, t.Format, _ = strings.Cut(textOf(v), "/")
	return t
}

func (s *stored) readContent(key []byte, v core.Value) error {
	e := &s.event
	switch string(key) {
	case "createdBy":
		e.CreatedBy = sameOr(e.CreatedBy, v)
	case "modifiedBy":
		e.ModifiedBy = sameOr(e.ModifiedBy, v)
	case "description":
		text := textOf(v)
		e.Description = &text
	case "attachments":
		return eachElement(v.Data, func(_ []byte, v core.Value) error {
			a, err := readAttachment(v.Data)
			e.Attachments = append(e.Attachments, a)
			return err
		})
	case "clientData":
		e.ClientData = bytesOf(v)
	case "value":
		e.Value = bytesOf(v)
	}
	return nil
}

// readEventID reads the id of an event out of the _id of its document.
func readEventID(doc []byte) (id activity.EventID, err error) {
	err = eachElement(doc, func(key []byte, v core.Value) error {
		if _, packed, ok := v.BinaryOK(); ok && string(key) == "i" && len(packed) == keys.UUIDSize {
			id = keys.UnpackID(packed)
		}
		return nil
	})
	if err == nil && id == "" {
		err = errShape
	}
	return id, err
}

// readTags reads tags; those of the event before that are in the same place are
// shared with it.
func readTags(doc []byte, before []string) ([]string, error) {
	tags := make([]string, 0, max(4, len(before)))
	err := eachElement(doc, func(_ []byte, v core.Value) error {
		same := ""
		if len(tags) < len(before) {
			same = before[len(tags)]
		}
		tags = append(tags, sameOr(same, v))
		return nil
	})
	return tags, err
}

func readAttachment(doc []byte) (a activity.Attachment, err error) {
	err = eachElement(doc, func(key []byte, v core.Value) error {
		switch string(key) {
		case "name":
			a.Name = textOf(v)
		case "fileName":
			a.FileName = textOf(v)
		case "type":
			a.Type = textOf(v)
		case "size":
			a.Size = numberOf(v)
		}
		return nil
	})
	return a, err
}

func readRequest(doc []byte) (*storage.Request, error) {
	r := &storage.Request{}
	err := eachElement(doc, func(key []byte, v core.Value) error {
		switch string(key) {
		case "access":
			r.Access = activity.AccessID(textOf(v))
		case "hash":
			if _, hash, ok := v.BinaryOK(); ok {
				copy(r.Hash[:], hash)
			}
		case "time":
			r.Time = timeOf(v)
		case "modified":
			r.Modified = timeOf(v)
		case "stopped":
			r.Stopped = activity.EventID(textOf(v))
		}
		return nil
	})
	return r, err
}
