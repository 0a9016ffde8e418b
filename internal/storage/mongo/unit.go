package mongo

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"sync/atomic"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// units give each chain an id of its own, by which the store finds out whether
// it was committed, and whether a change is its own.
type units struct {
	store [8]byte // random
	last  atomic.Uint32
}

func (u *units) begin() { _, _ = rand.Read(u.store[:]) } // never fails, as its documentation says

func (u *units) next() (id bson.ObjectID) {
	copy(id[:], u.store[:])
	binary.BigEndian.PutUint32(id[len(u.store):], u.last.Add(1))
	return id
}

// own reports whether the unit is one of this store.
func (u *units) own(id bson.ObjectID) bool { return bytes.Equal(id[:len(u.store)], u.store[:]) }
