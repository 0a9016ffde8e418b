package mongo

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/activityd/activityd/internal/activity"
)

// write is a document as it shall be: put, or deleted where doc is nil.
type write struct {
	coll   *mongo.Collection
	id     any    // the _id, as a filter takes it
	key    string // tells documents of one collection apart
	doc    any
	insert bool // the document is new: one of its _id must not be there
}

// chain is what functions of one user that run one after the other have made.
// Nothing of it is in the database before it is committed, but for one that had
// to ask the database about what it has written: it has a transaction then.
type chain struct {
	store *Store
	user  activity.UserID
	unit  bson.ObjectID // by which an unknown commit is found out
	base  known         // what the commit expects
	now   activity.Timestamp
	is    known // as the functions have made it
	gone  bool  // the user was deleted

	ops     []op
	records []record
	writes  map[string]*stored // events by id, as they are in ops
	values  map[string][]byte  // profiles by name
	dirty   map[int64]bool     // channels with events in ops
	size    int                // bytes of documents

	session *mongo.Session // for reads, when there are any
	open    bool           // a transaction is open
	flushed int            // of ops are in it
	broken  error          // of the transaction
	asked   bool           // the database was asked
	doubt   bool           // it may be committed
}

// op is a write with what reads must see of it.
type op struct {
	write
	event   *stored // nil for others
	channel int64
	profile *string // name
	value   []byte
	size    int
}

func newChain(s *Store, user activity.UserID, base known) *chain {
	c := &chain{store: s, user: user, unit: s.units.next(), base: base, is: base, now: s.now()}
	c.index()
	return c
}

// index makes the maps anew from the ops.
func (c *chain) index() {
	c.writes, c.values, c.dirty = map[string]*stored{}, map[string][]byte{}, map[int64]bool{}
	c.size = 0
	for i := range c.ops {
		c.see(&c.ops[i])
	}
}

func (c *chain) see(o *op) {
	c.size += o.size
	switch {
	case o.event != nil:
		c.writes[o.key] = o.event
		c.dirty[o.channel] = true
	case o.profile != nil:
		c.values[*o.profile] = o.value
	}
}

func (c *chain) add(o op) {
	c.ops = append(c.ops, o)
	c.see(&c.ops[len(c.ops)-1])
}

// mark is a place to which a chain goes back when a function fails.
type mark struct{ ops, records int }

func (c *chain) mark() mark { return mark{len(c.ops), len(c.records)} }

// back forgets what came after the mark. It reports whether that was possible:
// not where some of it is in the transaction already.
func (c *chain) back(m mark) bool {
	if c.flushed > m.ops {
		return false
	}
	if len(c.ops) > m.ops {
		c.ops = c.ops[:m.ops]
		c.index()
	}
	c.records = c.records[:m.records]
	return true
}

// changed reports whether there is anything to commit.
func (c *chain) changed() bool {
	return len(c.ops) > 0 || len(c.records) > 0 || c.is.account != c.base.account
}

// reading gives the context for reads: in the transaction if one is open.
func (c *chain) reading(ctx context.Context) (context.Context, error) {
	if c.broken != nil {
		return nil, c.broken
	}
	if c.session == nil {
		session, err := c.store.causal()
		if err != nil {
			return nil, err
		}
		c.session = session
	}
	c.asked = true
	return mongo.NewSessionContext(context.WithoutCancel(ctx), c.session), nil
}

// flush brings what was written into a transaction, for reads that the chain
// alone cannot answer.
func (c *chain) flush(ctx context.Context) error {
	within, err := c.reading(ctx)
	if err != nil {
		return err
	}
	if !c.open {
		if err := c.session.StartTransaction(); err != nil {
			return err
		}
		c.open = true
	}
	if c.flushed < len(c.ops) {
		var all bulks
		if err = all.addPending(c); err == nil {
			var o outcome
			if o, _, err = c.store.run(within, &all); o.taken != nil {
				err = errTaken
			}
		}
		c.broken = err
		c.flushed = len(c.ops)
	}
	return c.broken
}

// failed notes that a read failed: a transaction does not survive it.
func (c *chain) failed(err error) error {
	if err != nil && c.open && c.broken == nil {
		c.broken = err
	}
	return err
}

func (c *chain) end() {
	if c.session != nil {
		c.store.end(c.session)
	}
}

// addPending adds what the chain has pending.
func (b *bulks) addPending(c *chain) error {
	for _, o := range c.pending() {
		v, st, err := o.statement(c)
		if err != nil {
			return err
		}
		b.add(o.coll, v, st)
	}
	return nil
}

// pending gives the ops that are in no transaction yet, the last of each
// document.
func (c *chain) pending() []op {
	rest := c.ops[c.flushed:]
	type place struct {
		coll *mongo.Collection
		key  string
	}
	at := make(map[place]int, len(rest))
	last := make([]op, 0, len(rest))
	for _, o := range rest {
		p := place{o.coll, o.key}
		if i, ok := at[p]; ok {
			o.insert = last[i].insert
			last[i] = o
			continue
		}
		at[p] = len(last)
		last = append(last, o)
	}
	return last
}
