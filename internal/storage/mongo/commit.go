package mongo

import (
	"context"
	"errors"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
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
	var heads bulks
	changes := bulk{coll: s.changes, verb: inserts}
	for _, c := range chains {
		v, doc := c.headStatement()
		heads.add(s.heads, v, doc, c)
		for i := range c.records {
			c.records[i].unit = c.unit
			changes.docs = append(changes.docs, c.records[i].append(make([]byte, 0, 384)))
		}
	}
	met := 0
	for _, b := range heads.all {
		n, _, err := b.run(ctx)
		if err != nil {
			return err
		}
		met += n
	}
	if met != len(chains) {
		return errStale
	}
	_, _, err := changes.run(ctx)
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

// put writes what the chains have pending. taken is the chain that wanted an id
// that is taken, where that is why it failed.
func (s *Store) put(ctx context.Context, chains []*chain) (taken *chain, err error) {
	var all bulks
	for _, c := range chains {
		for _, o := range c.pending() {
			v, doc, err := o.statement()
			if err != nil {
				return nil, err
			}
			all.add(o.coll, v, doc, c)
		}
	}
	for _, b := range all.all {
		if _, taken, err := b.run(ctx); err != nil {
			return taken, err
		}
	}
	return nil, nil
}
