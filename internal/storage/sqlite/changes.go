package sqlite

import (
	"context"
	"encoding/json"

	"zombiezen.com/go/sqlite"

	"github.com/activityd/activityd/internal/activity"
)

func appendChange(c *conn, userKey int64, v *activity.Change) error {
	var origin text
	if v.Origin != (activity.Origin{}) {
		b, err := json.Marshal(v.Origin)
		if err != nil {
			return err
		}
		origin = b
	}
	s, err := c.stmt(`INSERT INTO changes (user_key, seq, kind, action, item, channel, before, after, origin, time)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
	if err != nil {
		return err
	}
	s.BindInt64(1, userKey)
	s.BindInt64(2, int64(v.Seq))
	s.BindText(3, string(v.Kind))
	s.BindText(4, string(v.Action))
	s.BindText(5, v.Item)
	if v.Channel == "" {
		s.BindNull(6)
	} else {
		s.BindText(6, string(v.Channel))
	}
	bindText(s, 7, appendChain(v.Before))
	bindText(s, 8, appendChain(v.After))
	bindText(s, 9, origin)
	s.BindFloat(10, float64(v.Time))
	return run(s, nil)
}

const changeColumns = "c.seq, c.kind, c.action, c.item, c.channel, c.before, c.after, c.origin, c.time"

func readChange(s *sqlite.Stmt, user activity.UserID) (activity.Change, error) {
	v := activity.Change{
		User:    user,
		Seq:     activity.Seq(s.ColumnInt64(0)),
		Kind:    activity.Kind(s.ColumnText(1)),
		Action:  activity.Action(s.ColumnText(2)),
		Item:    s.ColumnText(3),
		Channel: activity.ChannelID(s.ColumnText(4)),
		Time:    columnTime(s, 8),
	}
	var err error
	if v.Before, err = parseChain(columnBytes(s, 5)); err != nil {
		return v, err
	}
	if v.After, err = parseChain(columnBytes(s, 6)); err != nil {
		return v, err
	}
	v.Origin, err = parseOrigin(columnBytes(s, 7))
	return v, err
}

func parseOrigin(b []byte) (activity.Origin, error) {
	var o activity.Origin
	if b == nil {
		return o, nil
	}
	err := json.Unmarshal(b, &o)
	return o, err
}

// appendChain gives a chain as JSON; nil for nil.
func appendChain(chain activity.Chain) text {
	if chain == nil {
		return nil
	}
	ids := make([]string, len(chain))
	for i, id := range chain {
		ids[i] = string(id)
	}
	return activity.AppendStrings(nil, ids)
}

func parseChain(b []byte) (activity.Chain, error) {
	if b == nil {
		return nil, nil
	}
	chain := activity.Chain{}
	err := json.Unmarshal(b, &chain)
	return chain, err
}

// Log gives the changes after seq.
func (r *reads) Log(ctx context.Context, after activity.Seq, limit int) ([]activity.Change, activity.Seq, error) {
	c, err := r.conn(ctx)
	if err != nil {
		return nil, 0, err
	}
	// The changes of a user have no gaps, but for those pruned at the old end.
	first, err := c.integer("SELECT min(seq) FROM changes WHERE user_key = ?", r.account.key)
	if err != nil {
		return nil, 0, failure("read the history", err)
	}
	oldest := activity.Seq(first) - 1
	if first == 0 {
		oldest = r.head().seq
	}
	var changes []activity.Change
	err = c.query("SELECT "+changeColumns+" FROM changes c WHERE c.user_key = ? AND c.seq > ? ORDER BY c.seq LIMIT ?",
		func(s *sqlite.Stmt) error {
			v, err := readChange(s, r.user)
			changes = append(changes, v)
			return err
		}, r.account.key, int64(after), limit)
	return changes, oldest, failure("read the history", err)
}

// LogHead gives the epoch of the history and the newest seq.
func (r *reads) LogHead(ctx context.Context) (string, activity.Seq, error) {
	if _, err := r.conn(ctx); err != nil {
		return "", 0, err
	}
	return r.store.epoch, r.head().seq, nil
}
