package mongo

import (
	"context"
	"errors"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
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
		s.commits.add(w)
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
	if stale, err := s.settle(within, []*chain{c}); err != nil {
		if stale != nil {
			err = errStale
		}
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
	if len(c.records) == 0 {
		return errStale // it can be made twice
	}
	var written struct {
		Unit bson.ObjectID `bson:"unit"`
	}
	err := s.changes.FindOne(ctx, byID(changeID(c.user, c.records[0].Seq))).Decode(&written)
	switch {
	case err == nil && written.Unit == c.unit:
		return nil
	case err == nil || errors.Is(err, mongo.ErrNoDocuments):
		return errStale
	}
	return err
}

// commitGroups commits what waits, until there is no more to come.
func (s *Store) commitGroups() {
	for {
		group := s.commits.take()
		if group == nil {
			return
		}
		s.commitGroup(group)
		s.commits.done()
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
		s.counts.Group(units, time.Since(began), err)
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
	why := errStale
	broken, err := s.settle(within, chains)
	if err == nil {
		why = errTaken
		broken, err = s.put(within, chains)
	}
	if err != nil {
		if broken != nil {
			broke = map[*chain]error{broken: s.explain(broken, why)}
		}
		return broke, err
	}
	err = s.commit(within, session)
	for _, c := range chains {
		c.doubt = c.doubt || labelled(err, unknownLabel)
	}
	return nil, err
}

// explain gives why a chain cannot be committed: nil where that has happened
// already.
func (s *Store) explain(c *chain, why error) error {
	if !c.doubt {
		return why
	}
	ctx, cancel := context.WithTimeout(context.Background(), operationTime)
	defer cancel()
	session, err := s.causal()
	if err != nil {
		return err
	}
	defer end(session)
	if err := s.happened(mongo.NewSessionContext(ctx, session), c); !errors.Is(err, errStale) {
		return err
	}
	return why
}

// settle adds the changes and moves the sequence records on. Every chain that
// another server was faster than meets a change of the number that it wants: that
// is why the records need not be compared, which would take the database longer
// than all else of a creation. stale is such a chain, or one whose user has gone.
func (s *Store) settle(ctx context.Context, chains []*chain) (stale *chain, err error) {
	var heads bulks
	changes := bulk{coll: s.changes, verb: inserts}
	moved := 0
	for _, c := range chains {
		for i := range c.records {
			c.records[i].unit = c.unit
			changes.docs = append(changes.docs, c.records[i].append(make([]byte, 0, 384)))
			changes.of = append(changes.of, c)
		}
		if len(c.records) > 0 {
			v, doc := c.headStatement()
			heads.add(s.heads, v, doc, c)
			moved++
		}
	}
	if _, stale, err := changes.run(ctx); err != nil {
		return stale, err
	}
	met := 0
	for _, b := range heads.all {
		n, _, err := b.run(ctx)
		if err != nil {
			return nil, err
		}
		met += n
	}
	if met == moved {
		return nil, nil
	}
	return s.missing(ctx, chains)
}

// missing gives a chain whose user has no sequence record any more.
func (s *Store) missing(ctx context.Context, chains []*chain) (*chain, error) {
	last := chains[0]
	for _, c := range chains {
		d, err := s.readHead(ctx, c.user)
		switch {
		case err != nil:
			return nil, err
		case c.gone:
			last = c // its own deletion may be why
		case d == nil:
			return c, errStale
		}
	}
	return last, errStale
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
