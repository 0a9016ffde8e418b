package mongo

import (
	"context"
	"errors"
	"strconv"

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

// bulk are statements of one kind on one collection, with whose they are.
type bulk struct {
	coll *mongo.Collection
	verb verb
	docs [][]byte
	of   []*chain
}

// run runs the statements in the transaction of ctx, in commands of bounded
// size. It gives how many documents they met; taken is whose insert met another
// document, where that is why it failed.
func (b *bulk) run(ctx context.Context) (met int, taken *chain, err error) {
	for from := 0; from < len(b.docs); {
		n, size := 0, 0
		for n < commandRows && from+n < len(b.docs) && (n == 0 || size+len(b.docs[from+n]) <= commandBytes) {
			size += len(b.docs[from+n])
			n++
		}
		answer, err := b.coll.Database().RunCommand(ctx, b.command(b.docs[from:from+n], size)).Raw()
		var refused mongo.WriteException
		if errors.As(err, &refused) && mongo.IsDuplicateKeyError(err) && len(refused.WriteErrors) > 0 && from+refused.WriteErrors[0].Index < len(b.of) {
			taken = b.of[from+refused.WriteErrors[0].Index]
		}
		if err != nil {
			return met, taken, err
		}
		met += int(numberOf(core.Document(answer).Lookup("n")))
		from += n
	}
	return met, nil, nil
}

func (b *bulk) command(docs [][]byte, size int) bson.Raw {
	command := make([]byte, 0, size+8*len(docs)+100)
	return document(command, func(c []byte) []byte {
		c = core.AppendStringElement(c, b.verb.command, b.coll.Name())
		c = core.AppendBooleanElement(c, "ordered", false)
		at, c := core.AppendArrayElementStart(c, b.verb.field)
		for i, doc := range docs {
			c = core.AppendDocumentElement(c, strconv.Itoa(i), doc)
		}
		c, _ = core.AppendArrayEnd(c, at)
		return c
	})
}

// bulks are statements by collection and kind.
type bulks struct {
	all []*bulk
}

func (b *bulks) add(coll *mongo.Collection, v verb, doc []byte, of *chain) {
	for _, known := range b.all {
		if known.coll == coll && known.verb == v {
			known.docs, known.of = append(known.docs, doc), append(known.of, of)
			return
		}
	}
	b.all = append(b.all, &bulk{coll: coll, verb: v, docs: [][]byte{doc}, of: []*chain{of}})
}

// replacement is the statement that puts a document in the place of that of its
// _id.
func replacement(id, doc []byte) []byte {
	return document(make([]byte, 0, len(id)+len(doc)+64), func(b []byte) []byte {
		b = core.AppendDocumentElement(b, "q", id)
		b = core.AppendDocumentElement(b, "u", doc)
		return core.AppendBooleanElement(b, "upsert", true)
	})
}

// deletion is the statement that deletes what the filter finds.
func deletion(filter []byte) []byte {
	return document(nil, func(b []byte) []byte {
		b = core.AppendDocumentElement(b, "q", filter)
		return core.AppendInt32Element(b, "limit", 1)
	})
}

// headStatement moves the user's sequence record from where the chain began to
// where it ended.
func (c *chain) headStatement() (verb, []byte) {
	id := func(b []byte) []byte { return core.AppendStringElement(b, "_id", string(c.user)) }
	if c.gone {
		return deletes, deletion(document(nil, id))
	}
	return updates, document(make([]byte, 0, 256), func(b []byte) []byte {
		b = subdocument(b, "q", id)
		return subdocument(b, "u", func(b []byte) []byte {
			return subdocument(b, "$set", func(b []byte) []byte {
				b = core.AppendInt64Element(b, "seq", int64(c.is.head.seq))
				b = appendTime(b, "modified", c.is.head.modified)
				b = core.AppendInt64Element(b, "revision", c.is.account.revision)
				return core.AppendInt64Element(b, "keys", c.is.account.keys)
			})
		})
	})
}

// statement gives what the op does to the database.
func (o *op) statement() (verb, []byte, error) {
	if o.insert {
		return inserts, o.doc.(bson.Raw), nil // events alone
	}
	filter, err := bson.Marshal(byID(o.id))
	if err != nil || o.doc == nil {
		return deletes, deletion(filter), err
	}
	doc, isRaw := o.doc.(bson.Raw)
	if !isRaw {
		if doc, err = bson.Marshal(o.doc); err != nil {
			return updates, nil, err
		}
	}
	return updates, replacement(filter, doc), nil
}
