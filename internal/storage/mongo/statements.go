package mongo

import (
	"context"
	"errors"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	core "go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// The driver's bulk writes encode each document twice and answer with more than
// is asked here: these commands are made by hand, which takes a third of the time.

// verb is a command that writes, with the name of what it writes.
type verb struct{ command, field string }

var (
	inserts = verb{"insert", "documents"} //nolint:gochecknoglobals // never changed
	updates = verb{"update", "updates"}   //nolint:gochecknoglobals // never changed
	deletes = verb{"delete", "deletes"}   //nolint:gochecknoglobals // never changed
)

// Bounds of one command.
const (
	commandRows  = 5000
	commandBytes = 8 << 20
)

// statement is one write of one document.
type statement struct {
	filter []byte // nil for an insert
	doc    []byte // as it shall be, or the operators that make it so; nil for a deletion
	upsert bool
	of     *chain
}

func (st *statement) size() int { return len(st.filter) + len(st.doc) + 64 }

// bulk are statements of one kind on one collection.
type bulk struct {
	coll *mongo.Collection
	verb verb
	all  []statement
}

// bulks are statements by collection and kind.
type bulks struct {
	all []*bulk
}

func (b *bulks) add(coll *mongo.Collection, v verb, st statement) {
	for _, known := range b.all {
		if known.coll == coll && known.verb == v {
			known.all = append(known.all, st)
			return
		}
	}
	b.all = append(b.all, &bulk{coll: coll, verb: v, all: []statement{st}})
}

// outcome is what became of statements that did not fail, and why they did where
// a document of their _id was in the way.
type outcome struct {
	met   int               // documents
	taken *chain            // whose insert met another document
	in    *mongo.Collection // of that
}

// run runs the statements in the transaction of ctx. missed reports that an
// update met no document, or a sequence record was not there to be deleted.
func (s *Store) run(ctx context.Context, b *bulks) (o outcome, missed bool, err error) {
	if !s.oneByOne.Load() && b.fitOne(s.heads) {
		o, err = s.runInOne(ctx, b)
		return o, o.met < b.count(updates), err
	}
	for _, one := range b.all {
		o, err := one.run(ctx)
		if err != nil {
			return o, false, err
		}
		missed = missed || o.met < len(one.all) && (one.verb == updates || one.coll == s.heads)
	}
	return outcome{}, missed, nil
}

// run runs the statements in commands of bounded size.
func (b *bulk) run(ctx context.Context) (o outcome, err error) {
	for from := 0; from < len(b.all); {
		n, size := 0, 0
		for n < commandRows && from+n < len(b.all) && (n == 0 || size+b.all[from+n].size() <= commandBytes) {
			size += b.all[from+n].size()
			n++
		}
		answer, err := b.coll.Database().RunCommand(ctx, b.command(b.all[from:from+n], size)).Raw()
		var refused mongo.WriteException
		if errors.As(err, &refused) && mongo.IsDuplicateKeyError(err) && len(refused.WriteErrors) > 0 && from+refused.WriteErrors[0].Index < len(b.all) {
			o.taken, o.in = b.all[from+refused.WriteErrors[0].Index].of, b.coll
		}
		if err != nil {
			return o, err
		}
		o.met += int(numberOf(core.Document(answer).Lookup("n")))
		from += n
	}
	return o, nil
}

func (b *bulk) command(all []statement, size int) bson.Raw {
	command := make([]byte, 0, size+8*len(all)+100)
	return document(command, func(c []byte) []byte {
		c = core.AppendStringElement(c, b.verb.command, b.coll.Name())
		c = core.AppendBooleanElement(c, "ordered", false)
		return array(c, b.verb.field, len(all), func(c []byte, key string, i int) []byte {
			st := &all[i]
			switch b.verb {
			case inserts:
				return core.AppendDocumentElement(c, key, st.doc)
			case updates:
				return subdocument(c, key, func(c []byte) []byte {
					c = core.AppendDocumentElement(c, "q", st.filter)
					c = core.AppendDocumentElement(c, "u", st.doc)
					return core.AppendBooleanElement(c, "upsert", st.upsert)
				})
			}
			return subdocument(c, key, func(c []byte) []byte {
				return core.AppendInt32Element(core.AppendDocumentElement(c, "q", st.filter), "limit", 1)
			})
		})
	})
}

// movesHead reports whether the chain moves the user's sequence record: not where
// the changes say all, which spares a quarter of what a creation takes of the
// database. A chain with a transaction of its own must, for the fence.
func (c *chain) movesHead() bool {
	if len(c.records) == 0 {
		return false
	}
	is, base := c.is.account, c.base.account
	return c.open || c.gone || is.revision != base.revision || is.keys != base.keys
}

// headStatement moves the user's sequence record from where the chain began to
// where it ended.
func (c *chain) headStatement() (verb, statement) {
	st := statement{of: c, filter: document(make([]byte, 0, 64), func(b []byte) []byte { return core.AppendStringElement(b, "_id", string(c.user)) })}
	if c.gone {
		return deletes, st
	}
	st.doc = document(make([]byte, 0, 128), func(b []byte) []byte {
		return subdocument(b, "$set", func(b []byte) []byte {
			b = core.AppendInt64Element(b, "seq", int64(c.is.head.seq))
			b = appendTime(b, "modified", c.is.head.modified)
			b = core.AppendInt64Element(b, "revision", c.is.account.revision)
			return core.AppendInt64Element(b, "keys", c.is.account.keys)
		})
	})
	return updates, st
}

// statement gives what the op does to the database.
func (o *op) statement(of *chain) (v verb, st statement, err error) {
	st.of = of
	if o.insert {
		st.doc = o.doc.(bson.Raw) // events alone
		return inserts, st, nil
	}
	if st.filter, err = bson.Marshal(byID(o.id)); err != nil || o.doc == nil {
		return deletes, st, err
	}
	st.upsert = true
	if raw, isRaw := o.doc.(bson.Raw); isRaw {
		st.doc = raw
		return updates, st, nil
	}
	st.doc, err = bson.Marshal(o.doc)
	return updates, st, err
}
