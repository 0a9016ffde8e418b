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
		if err == nil || !curable(err) || s.outage.refuses() != nil || time.Now().After(deadline) || s.waitAgain(context.Background(), try, err) != nil {
			return w.units, err
		}
		if conflict(err) && !c.doubt {
			return w.units, errors.Join(errStale, err) // who was in the way has most likely gone on
		}
		w.alone = w.alone || errors.Is(err, errTaken)
	}
}

// commitOpen commits a chain that has a transaction.
func (s *Store) commitOpen(c *chain) error {
	ctx, cancel := context.WithTimeout(context.Background(), operationTime)
	defer cancel()
	within := mongo.NewSessionContext(ctx, c.session)
	if broken, why, err := s.settle(within, []*chain{c}); err != nil {
		if broken != nil {
			err = why
		}
		return again(err)
	}
	err := s.commit(within, c.session)
	if labelled(err, unknownLabel) {
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
	defer s.end(session)
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
	defer s.end(session)
	if err := session.StartTransaction(); err != nil {
		return nil, err
	}
	within := mongo.NewSessionContext(ctx, session)
	chains := make([]*chain, len(group))
	for i, w := range group {
		chains[i] = w.chain
	}
	broken, why, err := s.settle(within, chains)
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
	defer s.end(session)
	if err := s.happened(mongo.NewSessionContext(ctx, session), c); !errors.Is(err, errStale) {
		return err
	}
	return why
}

// settle writes what the chains have pending, adds their changes and moves those
// sequence records on that must be, in the transaction of ctx. Every chain that
// another server was faster than meets a change of the number that it wants. broken is such a chain, or one whose user has gone, for
// which why is errStale; or one that wanted an id that is taken, errTaken.
func (s *Store) settle(ctx context.Context, chains []*chain) (broken *chain, why, err error) {
	var all bulks
	for _, c := range chains {
		for i := range c.records {
			c.records[i].unit = c.unit
			all.add(s.changes, inserts, statement{doc: c.records[i].append(make([]byte, 0, 384)), of: c})
		}
	}
	for _, c := range chains {
		if c.movesHead() {
			v, st := c.headStatement()
			all.add(s.heads, v, st)
		}
	}
	for _, c := range chains {
		if err := all.addPending(c); err != nil {
			return nil, nil, err
		}
	}
	o, missed, err := s.run(ctx, &all)
	switch {
	case err != nil && o.in == s.changes:
		return o.taken, errStale, err
	case err != nil:
		return o.taken, errTaken, err
	case missed:
		broken, err = s.missing(ctx, chains)
		return broken, errStale, err
	}
	return nil, nil, nil
}

// missing gives a chain whose user has no sequence record any more.
func (s *Store) missing(ctx context.Context, chains []*chain) (*chain, error) {
	last := chains[0]
	for _, c := range chains {
		d, err := s.readHeadDoc(ctx, c.user)
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
