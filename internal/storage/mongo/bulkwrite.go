package mongo

import (
	"context"
	"errors"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	core "go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// MongoDB takes statements on several collections in one command since 8.0: two
// journeys to the database for a commit instead of four.

// errOneByOne says that the database takes no such command: the transaction is
// begun again without.
var errOneByOne = errors.New("storage/mongo: the database takes statements of one collection at a time")

// Codes of a database that does not know the command, or may not use it before
// its members are all new enough.
const (
	codeUnknownCommand = 59
	codeNotSupported   = 115
)

// count gives how many statements are of a kind.
func (b *bulks) count(v verb) (n int) {
	for _, one := range b.all {
		if one.verb == v {
			n += len(one.all)
		}
	}
	return n
}

// fitOne reports whether one command takes the statements and its answer tells
// enough: how many documents were deleted, but not of which collection.
func (b *bulks) fitOne(heads *mongo.Collection) bool {
	rows, size := 0, 0
	for _, one := range b.all {
		if one.coll == heads && one.verb == deletes {
			return false
		}
		rows += len(one.all)
		for i := range one.all {
			size += one.all[i].size()
		}
	}
	return rows > 0 && rows <= commandRows && size <= commandBytes
}

// runInOne runs the statements in one command. Of documents met it counts those
// of updates.
func (s *Store) runInOne(ctx context.Context, b *bulks) (o outcome, err error) {
	raw, err := s.client.Database("admin").RunCommand(ctx, b.command()).Raw()
	var server mongo.ServerError
	if errors.As(err, &server) && (server.HasErrorCode(codeUnknownCommand) || server.HasErrorCode(codeNotSupported)) {
		s.oneByOne.Store(true)
		return o, errors.Join(errOneByOne, err)
	}
	if err != nil {
		return o, err
	}
	answer := core.Document(raw)
	if numberOf(answer.Lookup("nErrors")) > 0 {
		return b.refused(answer)
	}
	o.met = int(numberOf(answer.Lookup("nMatched")) + numberOf(answer.Lookup("nUpserted")))
	return o, nil
}

// refused gives why a statement failed.
func (b *bulks) refused(answer core.Document) (o outcome, err error) {
	first := answer.Lookup("cursor", "firstBatch", "0")
	doc, ok := first.DocumentOK()
	if !ok {
		return o, errShape
	}
	refused := mongo.CommandError{Code: int32(numberOf(doc.Lookup("code"))), Message: textOf(doc.Lookup("errmsg")), Raw: bson.Raw(doc)}
	if at := int(numberOf(doc.Lookup("idx"))); mongo.IsDuplicateKeyError(refused) {
		for _, one := range b.all {
			if at < len(one.all) {
				o.taken, o.in = one.all[at].of, one.coll
				break
			}
			at -= len(one.all)
		}
	}
	return o, refused
}

func (b *bulks) command() bson.Raw {
	rows, size := 0, 0
	for _, one := range b.all {
		for i := range one.all {
			rows, size = rows+1, size+one.all[i].size()
		}
	}
	return document(make([]byte, 0, size+64*rows+512), func(c []byte) []byte {
		c = core.AppendInt32Element(c, "bulkWrite", 1)
		c = core.AppendBooleanElement(c, "errorsOnly", true)
		c = core.AppendBooleanElement(c, "ordered", true)
		of, at := 0, 0 // the statement
		c = array(c, "ops", rows, func(c []byte, key string, _ int) []byte {
			for at == len(b.all[of].all) {
				of, at = of+1, 0
			}
			at++
			return subdocument(c, key, func(c []byte) []byte { return b.all[of].all[at-1].append(c, b.all[of].verb, int32(of)) })
		})
		return array(c, "nsInfo", len(b.all), func(c []byte, key string, i int) []byte {
			coll := b.all[i].coll
			return subdocument(c, key, func(c []byte) []byte {
				return core.AppendStringElement(c, "ns", coll.Database().Name()+"."+coll.Name())
			})
		})
	})
}

// append appends what the statement is in a command for several collections, of
// which it gives the number.
func (st *statement) append(c []byte, v verb, of int32) []byte {
	c = core.AppendInt32Element(c, v.command, of)
	switch v {
	case inserts:
		return core.AppendDocumentElement(c, "document", st.doc)
	case updates:
		c = core.AppendDocumentElement(c, "filter", st.filter)
		c = core.AppendDocumentElement(c, "updateMods", st.doc)
		return core.AppendBooleanElement(c, "upsert", st.upsert)
	}
	return core.AppendDocumentElement(c, "filter", st.filter)
}
