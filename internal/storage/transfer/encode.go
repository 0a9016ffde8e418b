package transfer

import (
	"encoding/binary"
	"math"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

// What follows appends each record in one form, for checksums: every field, with
// its length where that varies, so that no two records have the same.

func appendShared(b []byte, v *Shared) []byte {
	b = appendBytes(b, v.Key)
	b = appendCount(b, len(v.SigningKeys))
	for _, k := range v.SigningKeys {
		b = appendText(b, k.ID)
		b = appendBytes(b, k.Secret)
		b = appendTime(b, k.Created)
	}
	b = appendCount(b, len(v.Tokens))
	for _, t := range v.Tokens {
		b = appendText(b, t.Purpose)
		b = append(b, t.Token[:]...)
		b = appendTime(b, t.Expires)
	}
	b = appendCount(b, len(v.Blocked))
	for _, n := range v.Blocked {
		b = appendBytes(b, n.Name)
		b = appendTime(b, n.Until)
	}
	return b
}

func appendUser(b []byte, a *Account) []byte {
	u := &a.User
	b = appendText(b, u.ID)
	b = appendText(b, u.Username)
	b = appendText(b, u.Email)
	b = appendText(b, u.LanguageCode)
	b = appendText(b, u.DisplayName)
	b = appendText(b, u.PasswordHash)
	b = appendBool(b, u.Disabled)
	b = appendTime(b, u.Created)
	b = appendInt(b, int64(a.Seq))
	return appendTime(b, a.Modified)
}

func appendChannel(b []byte, c *activity.Channel) []byte {
	b = appendText(b, c.ID)
	b = appendText(b, c.Name)
	b = appendBool(b, c.EnforceNoEventsOverlap)
	b = appendBytes(b, c.ClientData)
	b = appendBool(b, c.Trashed)
	b = appendTime(b, c.Created)
	return appendTime(b, c.Modified)
}

func appendFolder(b []byte, f *activity.Folder) []byte {
	b = appendText(b, f.ID)
	b = appendText(b, f.ChannelID)
	b = appendText(b, f.Name)
	b = appendText(b, f.ParentID)
	b = appendBool(b, f.Hidden)
	b = appendBytes(b, f.ClientData)
	b = appendBool(b, f.Trashed)
	b = appendTime(b, f.Created)
	return appendTime(b, f.Modified)
}

func appendAccess(b []byte, a *activity.Access) []byte {
	b = appendText(b, a.ID)
	b = appendText(b, a.Type)
	b = appendText(b, a.Name)
	b = appendText(b, a.DeviceName)
	b = appendCount(b, len(a.Permissions))
	for _, p := range a.Permissions {
		b = appendText(b, p.ChannelID)
		b = append(b, byte(p.Level))
		b = appendBool(b, p.FolderPermissions != nil)
		b = appendCount(b, len(p.FolderPermissions))
		for _, f := range p.FolderPermissions {
			b = append(appendText(b, f.FolderID), byte(f.Level))
		}
	}
	b = appendCount(b, len(a.Tokens))
	for _, t := range a.Tokens {
		b = append(b, t[:]...)
	}
	b = appendTime(b, a.Created)
	b = appendText(b, a.CreatedBy)
	b = appendTime(b, a.Modified)
	b = appendOptional(b, a.Expires)
	b = appendOptional(b, a.LastUsed)
	return appendInt(b, int64(a.PermissionsSeq))
}

func appendSession(b []byte, s *activity.Session) []byte {
	b = appendText(b, s.ID)
	b = appendText(b, s.AppID)
	b = appendTime(b, s.Created)
	b = appendTime(b, s.Expires)
	return appendText(b, s.UserAgent)
}

func appendProfile(b []byte, p *Profile) []byte { return appendBytes(appendText(b, p.Name), p.Object) }

func appendEvent(b []byte, e *Event) []byte {
	b = appendText(b, e.ID)
	b = appendText(b, e.ChannelID)
	b = appendTime(b, e.Time)
	seconds, ended := e.Duration.Seconds()
	b = appendBool(appendBool(b, ended), e.Duration.IsRunning())
	b = appendFloat(b, seconds)
	b = appendText(b, e.Type.Class)
	b = appendText(b, e.Type.Format)
	b = appendBytes(b, e.Value)
	b = appendText(b, e.FolderID)
	b = appendCount(b, len(e.Tags))
	for _, tag := range e.Tags {
		b = appendText(b, tag)
	}
	b = appendBool(b, e.Description != nil)
	if e.Description != nil {
		b = appendText(b, *e.Description)
	}
	b = appendCount(b, len(e.Attachments))
	for _, a := range e.Attachments {
		b = appendText(b, a.Name)
		b = appendText(b, a.FileName)
		b = appendText(b, a.Type)
		b = appendInt(b, a.Size)
	}
	b = appendBytes(b, e.ClientData)
	b = appendBool(b, e.Trashed)
	b = appendTime(b, e.Created)
	b = appendTime(b, e.Modified)
	b = appendText(b, e.CreatedBy)
	b = appendText(b, e.ModifiedBy)
	b = appendOptional(b, e.ExactEnd)
	b = appendOptional(b, e.Deleted)
	return appendRequest(appendChain(b, e.Chain), e.Request)
}

func appendChain(b []byte, chain activity.Chain) []byte {
	b = appendBool(b, chain != nil)
	b = appendCount(b, len(chain))
	for _, id := range chain {
		b = appendText(b, id)
	}
	return b
}

func appendRequest(b []byte, r *storage.Request) []byte {
	b = appendBool(b, r != nil)
	if r == nil {
		return b
	}
	b = appendText(b, r.Access)
	b = append(b, r.Hash[:]...)
	b = appendTime(b, r.Time)
	b = appendTime(b, r.Modified)
	return appendText(b, r.Stopped)
}

func appendCount(b []byte, n int) []byte { return appendInt(b, int64(n)) }

func appendInt(b []byte, n int64) []byte { return binary.AppendVarint(b, n) }

func appendText[T ~string](b []byte, s T) []byte { return append(appendCount(b, len(s)), s...) }

// appendBytes tells nil, which is absent, from empty.
func appendBytes[T ~[]byte](b []byte, v T) []byte {
	return append(appendCount(appendBool(b, v != nil), len(v)), v...)
}

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

func appendFloat(b []byte, f float64) []byte {
	return binary.LittleEndian.AppendUint64(b, math.Float64bits(f))
}

func appendTime(b []byte, t activity.Timestamp) []byte { return appendFloat(b, float64(t)) }

func appendOptional(b []byte, t *activity.Timestamp) []byte {
	b = appendBool(b, t != nil)
	if t == nil {
		return b
	}
	return appendTime(b, *t)
}
