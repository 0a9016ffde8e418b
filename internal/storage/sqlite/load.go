package sqlite

import (
	"encoding/json"

	"zombiezen.com/go/sqlite"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/keys"
)

// head is where a user's history stands.
type head struct {
	seq      activity.Seq
	modified activity.Timestamp
}

const userColumns = `u.id, u.username, u.email, u.language, u.display_name, u.password_hash, u.disabled, u.created`

func readUser(s *sqlite.Stmt) activity.User {
	return activity.User{
		ID:           activity.UserID(s.ColumnText(0)),
		Username:     activity.Username(s.ColumnText(1)),
		Email:        s.ColumnText(2),
		LanguageCode: s.ColumnText(3),
		DisplayName:  s.ColumnText(4),
		PasswordHash: s.ColumnText(5),
		Disabled:     s.ColumnBool(6),
		Created:      columnTime(s, 7),
	}
}

// loadAccount reads what is cached of a user; nil for one that is not there.
func loadAccount(c *conn, id activity.UserID) (*account, head, error) {
	var a *account
	var h head
	var parts storage.Parts
	err := c.query(`SELECT `+userColumns+`, u.key, h.seq, h.modified, h.revision
		FROM users u JOIN heads h ON h.user_key = u.key WHERE u.id = ? AND u.gone IS NULL`,
		func(s *sqlite.Stmt) error {
			parts.User = readUser(s)
			a = &account{key: s.ColumnInt64(8), revision: s.ColumnInt64(11), channels: keys.Channels{}}
			h = head{seq: activity.Seq(s.ColumnInt64(9)), modified: columnTime(s, 10)}
			return nil
		}, string(id))
	if err != nil || a == nil {
		return nil, h, err
	}
	for _, load := range []func(*conn, *account, *storage.Parts) error{loadChannels, loadFolders, loadAccesses, loadSessions} {
		if err := load(c, a, &parts); err != nil {
			return nil, h, err
		}
	}
	a.structure = parts.Structure()
	return a, h, nil
}

func loadChannels(c *conn, a *account, parts *storage.Parts) error {
	return c.query(`SELECT key, id, name, enforce_no_overlap, client_data, trashed, created, modified
		FROM channels WHERE user_key = ? AND gone IS NULL`,
		func(s *sqlite.Stmt) error {
			ch := activity.Channel{
				ID:                     activity.ChannelID(s.ColumnText(1)),
				Name:                   s.ColumnText(2),
				EnforceNoEventsOverlap: s.ColumnBool(3),
				ClientData:             columnBytes(s, 4),
				Trashed:                s.ColumnBool(5),
				Created:                columnTime(s, 6),
				Modified:               columnTime(s, 7),
			}
			parts.Channels = append(parts.Channels, ch)
			a.channels[ch.ID] = keys.New(s.ColumnInt64(0))
			return nil
		}, a.key)
}

func loadFolders(c *conn, a *account, parts *storage.Parts) error {
	const of = ` FROM channels c JOIN folders f ON f.channel_key = c.key WHERE c.user_key = ? AND c.gone IS NULL AND f.gone IS`
	err := c.query(`SELECT c.id, f.key, f.id, f.name, f.parent, f.hidden, f.client_data, f.trashed, f.created, f.modified`+of+` NULL`,
		func(s *sqlite.Stmt) error {
			f := activity.Folder{
				ChannelID:  activity.ChannelID(s.ColumnText(0)),
				ID:         activity.FolderID(s.ColumnText(2)),
				Name:       s.ColumnText(3),
				ParentID:   activity.FolderID(s.ColumnText(4)),
				Hidden:     s.ColumnBool(5),
				ClientData: columnBytes(s, 6),
				Trashed:    s.ColumnBool(7),
				Created:    columnTime(s, 8),
				Modified:   columnTime(s, 9),
			}
			parts.Folders = append(parts.Folders, f)
			ch := a.channels[f.ChannelID]
			ch.Add(f.ID, s.ColumnInt64(1))
			return nil
		}, a.key)
	if err != nil {
		return err
	}
	return c.query(`SELECT c.id, f.key, f.gone, f.gone_to, f.gone_chain`+of+` NOT NULL`,
		func(s *sqlite.Stmt) error {
			chain, err := parseChain(columnBytes(s, 4))
			a.channels[activity.ChannelID(s.ColumnText(0))].Gone[s.ColumnInt64(1)] = keys.Gone{
				Merged: !s.ColumnIsNull(3),
				To:     s.ColumnInt64(3),
				At:     columnTime(s, 2),
				Chain:  chain,
			}
			return err
		}, a.key)
}

func loadAccesses(c *conn, a *account, parts *storage.Parts) error {
	return c.query(`SELECT id, type, name, device_name, permissions, permissions_seq, tokens, created, created_by, modified, expires, last_used
		FROM accesses WHERE user_key = ?`,
		func(s *sqlite.Stmt) error {
			v := activity.Access{
				ID:             activity.AccessID(s.ColumnText(0)),
				Type:           activity.AccessType(s.ColumnText(1)),
				Name:           s.ColumnText(2),
				DeviceName:     s.ColumnText(3),
				PermissionsSeq: activity.Seq(s.ColumnInt64(5)),
				Tokens:         keys.SplitTokens(columnBytes(s, 6)),
				Created:        columnTime(s, 7),
				CreatedBy:      s.ColumnText(8),
				Modified:       columnTime(s, 9),
				Expires:        columnOptional(s, 10),
				LastUsed:       columnOptional(s, 11),
			}
			parts.Accesses = append(parts.Accesses, v)
			return json.Unmarshal(columnBytes(s, 4), &parts.Accesses[len(parts.Accesses)-1].Permissions)
		}, a.key)
}

func loadSessions(c *conn, a *account, parts *storage.Parts) error {
	return c.query(`SELECT id, app_id, user_agent, created, expires FROM sessions WHERE user_key = ?`,
		func(s *sqlite.Stmt) error {
			parts.Sessions = append(parts.Sessions, activity.Session{
				ID:        activity.SessionID(s.ColumnText(0)),
				AppID:     s.ColumnText(1),
				UserAgent: s.ColumnText(2),
				Created:   columnTime(s, 3),
				Expires:   columnTime(s, 4),
			})
			return nil
		}, a.key)
}
