package mongo

import (
	"context"
	"errors"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// How many commits run at the same time: two of groups, while one is on its way
// the next gathers; on a sharded cluster, where none has more than one user,
// more of them.
const (
	groupCommitters  = 2
	singleCommitters = 16
)

// Why a chain was not committed.
var (
	errStale = errors.New("storage/mongo: read again: another server was faster")
	errTaken = errors.New("storage/mongo: an id that was taken for free is not")
)

// commit is a chain that waits to be committed.
type commit struct {
	chain  *chain
	alone  bool // it broke a group
	own    int  // units
	units  int  // of its group
	result chan error
}

// commitChain commits a chain with those of others, and gives how many units
// were in the group.
func (s *Store) commitChain(c *chain, units int, alone bool) (int, error) {
	if c.open {
		return units, s.commitOpen(c)
	}
	w := &commit{chain: c, alone: alone, own: units, result: make(chan error, 1)}
	deadline := time.Now().Add(giveUpAfter)
	for try := 0; ; try++ {
		s.commits <- w
		err := <-w.result
		if err == nil || !curable(err) || time.Now().After(deadline) || pause(context.Background(), try) != nil {
			return w.units, err
		}
		w.alone = w.alone || errors.Is(err, errTaken)
	}
}

// commitOpen commits a chain that has a transaction.
func (s *Store) commitOpen(c *chain) error {
	ctx, cancel := context.WithTimeout(context.Background(), operationTime)
	defer cancel()
	err := c.flush(ctx)
	if err != nil {
		return again(err)
	}
	within := mongo.NewSessionContext(ctx, c.session)
	if err := s.settle(within, []*chain{c}); err != nil {
		return again(err)
	}
	if err = s.commit(within, c.session); labelled(err, unknownLabel) {
		return s.fence(c, err)
	}
	return again(err)
}

// again makes an error of a transaction that is lost one that lets the units
// run again, where that may help.
func again(err error) error {
	switch {
	case err == nil, errors.Is(err, errStale), errors.Is(err, errTaken):
		return err
	case mongo.IsDuplicateKeyError(err):
		return errTaken
	case curable(err):
		return errors.Join(errStale, err)
	}
	return err
}

// fence finds out whether a commit of which the answer was lost has happened.
// Writing to the sequence record waits for the commit, or keeps it from
// happening.
func (s *Store) fence(c *chain, cause error) error {
	ctx, cancel := context.WithTimeout(context.Background(), operationTime)
	defer cancel()
	session, err := s.causal()
	if err != nil {
		return errors.Join(cause, err)
	}
	defer end(session)
	ctx = mongo.NewSessionContext(ctx, session)
	if _, err := s.heads.UpdateOne(ctx, byID(string(c.user)), bson.D{{Key: "$inc", Value: bson.D{{Key: "fences", Value: int64(1)}}}}); err != nil {
		return errors.Join(cause, err)
	}
	return s.happened(ctx, c)
}

// happened tells whether the unit of a chain was committed: nil, or errStale.
func (s *Store) happened(ctx context.Context, c *chain) error {
	d, err := s.readHead(ctx, c.user)
	if err != nil {
		return err
	}
	if d != nil && d.Unit == c.unit {
		return nil
	}
	if len(c.records) == 0 {
		return errStale
	}
	var written struct {
		Unit bson.ObjectID `bson:"unit"`
	}
	err = s.changes.FindOne(ctx, byID(changeID(c.user, c.records[0].Seq))).Decode(&written)
	switch {
	case err == nil && written.Unit == c.unit:
		return nil
	case err == nil || errors.Is(err, mongo.ErrNoDocuments):
		return errStale
	}
	return err
}

// commitGroups commits what waits, all of it at once, until there is no more to
// come.
func (s *Store) commitGroups() {
	for w := range s.commits {
		group := []*commit{w}
		var single []*commit
		if w.alone || s.sharded {
			group, single = nil, group
		}
	gather:
		for len(group) > 0 && len(group) < groupSize {
			select {
			case w, ok := <-s.commits:
				if !ok {
					break gather
				}
				if w.alone {
					single = append(single, w)
					continue
				}
				group = append(group, w)
			default:
				break gather
			}
		}
		if len(group) > 0 {
			s.commitGroup(group)
		}
		for _, w := range single {
			s.commitGroup([]*commit{w})
		}
	}
}

// commitGroup commits a group. What was not committed because of another one is
// tried again without that.
func (s *Store) commitGroup(group []*commit) {
	units := 0
	for _, w := range group {
		units += w.own
	}
	for len(group) > 0 {
		began := time.Now()
		broke, err := s.tryGroup(group)
		s.counts.group(units, time.Since(began), err)
		switch {
		case err == nil:
			for _, w := range group {
				w.units = units
				w.result <- nil
			}
			return
		case len(broke) > 0:
			var rest []*commit
			for _, w := range group {
				if why, found := broke[w.chain]; found {
					w.result <- why
				} else {
					rest = append(rest, w)
				}
			}
			group = rest
		case len(group) == 1 || curable(err) && !conflict(err):
			for _, w := range group {
				w.alone = w.alone || conflict(err)
				w.result <- err
			}
			return
		default: // one of them, it does not say which
			for _, w := range group {
				s.commitGroup([]*commit{w})
			}
			return
		}
	}
}

func conflict(err error) bool {
	var server mongo.ServerError
	return errors.As(err, &server) && server.HasErrorCode(codeWriteConflict)
}

// tryGroup commits a group in one transaction. broke says which chains stand in
// its way, and with what result: nil where one was committed before.
func (s *Store) tryGroup(group []*commit) (broke map[*chain]error, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), operationTime)
	defer cancel()
	session, err := s.causal()
	if err != nil {
		return nil, err
	}
	defer end(session)
	if err := session.StartTransaction(); err != nil {
		return nil, err
	}
	within := mongo.NewSessionContext(ctx, session)
	chains := make([]*chain, len(group))
	for i, w := range group {
		chains[i] = w.chain
	}
	if err := s.settle(within, chains); err != nil {
		if !errors.Is(err, errStale) {
			return nil, err
		}
		if err := session.AbortTransaction(within); err != nil {
			return nil, err
		}
		broke, err := s.findStale(chains)
		if err == nil && len(broke) == 0 {
			return nil, errLater // a majority is yet to see what was in the way
		}
		return broke, errors.Join(errStale, err)
	}
	if taken, err := s.put(within, chains); err != nil {
		if taken != nil {
			broke = map[*chain]error{taken: errTaken}
		}
		return broke, err
	}
	return nil, s.commit(within, session)
}

// settle moves the sequence records on and adds the changes. errStale where one
// of the records is not as its chain expected.
func (s *Store) settle(ctx context.Context, chains []*chain) error {
	models := make([]mongo.WriteModel, len(chains))
	var records []any
	for i, c := range chains {
		models[i] = c.headModel()
		for j := range c.records {
			c.records[j].unit = c.unit
			records = append(records, bson.Raw(c.records[j].append(nil)))
		}
	}
	result, err := s.heads.BulkWrite(ctx, models, options.BulkWrite().SetOrdered(false))
	if err != nil {
		return err
	}
	if int(result.MatchedCount+result.DeletedCount) != len(chains) {
		return errStale
	}
	if len(records) > 0 {
		_, err = s.changes.InsertMany(ctx, records, options.InsertMany().SetOrdered(false))
	}
	return err
}

// findStale tells which chains did not find their sequence record as expected,
// and with what result: nil where one was committed before.
func (s *Store) findStale(chains []*chain) (map[*chain]error, error) {
	ctx, cancel := context.WithTimeout(context.Background(), operationTime)
	defer cancel()
	session, err := s.causal()
	if err != nil {
		return nil, err
	}
	defer end(session)
	ctx = mongo.NewSessionContext(ctx, session)
	stale := map[*chain]error{}
	for _, c := range chains {
		d, err := s.readHead(ctx, c.user)
		if err != nil {
			return nil, err
		}
		if d != nil && d.head() == c.base.head && d.Revision == c.base.account.revision && d.Unit != c.unit {
			continue
		}
		switch err := s.happened(ctx, c); {
		case err == nil || errors.Is(err, errStale):
			stale[c] = err
		default:
			return nil, err
		}
	}
	return stale, nil
}

// headModel moves the user's sequence record from where the chain began to
// where it ended.
func (c *chain) headModel() mongo.WriteModel {
	expected := bson.D{{Key: "_id", Value: string(c.user)}, {Key: "seq", Value: int64(c.base.head.seq)}, {Key: "revision", Value: c.base.account.revision}}
	if c.gone {
		return mongo.NewDeleteOneModel().SetFilter(expected)
	}
	return mongo.NewUpdateOneModel().SetFilter(expected).SetUpdate(bson.D{{Key: "$set", Value: bson.D{
		{Key: "seq", Value: int64(c.is.head.seq)},
		{Key: "modified", Value: float64(c.is.head.modified)},
		{Key: "revision", Value: c.is.account.revision},
		{Key: "keys", Value: c.is.account.keys},
		{Key: "unit", Value: c.unit},
	}}})
}

// put writes what the chains have pending. taken is the chain that wanted an id
// that is taken, where that is why it failed.
func (s *Store) put(ctx context.Context, chains []*chain) (taken *chain, err error) {
	type bulk struct {
		models []mongo.WriteModel
		of     []*chain
	}
	bulks := map[*mongo.Collection]*bulk{}
	for _, c := range chains {
		for _, o := range c.pending() {
			b := bulks[o.coll]
			if b == nil {
				b = &bulk{}
				bulks[o.coll] = b
			}
			b.models = append(b.models, o.model())
			b.of = append(b.of, c)
		}
	}
	for coll, b := range bulks {
		_, err := coll.BulkWrite(ctx, b.models, options.BulkWrite().SetOrdered(false))
		var failed mongo.BulkWriteException
		if errors.As(err, &failed) && mongo.IsDuplicateKeyError(err) && len(failed.WriteErrors) > 0 {
			taken = b.of[failed.WriteErrors[0].Index]
		}
		if err != nil {
			return taken, err
		}
	}
	return nil, nil
}

func (o *op) model() mongo.WriteModel {
	switch {
	case o.insert:
		return mongo.NewInsertOneModel().SetDocument(o.doc)
	case o.doc == nil:
		return mongo.NewDeleteOneModel().SetFilter(byID(o.id))
	}
	return mongo.NewReplaceOneModel().SetFilter(byID(o.id)).SetReplacement(o.doc).SetUpsert(true)
}
