// Package mongo is the store on MongoDB: a replica set, of one member if need
// be, or a sharded cluster.
//
// # Documents
//
// Collections are shared by all users. The user's id is first in the _id and in
// each index of all that grows with users, and so the key to shard by. Names are
// those that the code gives; times are doubles of seconds; JSON of clients stays
// text, for BSON would lose what it cannot hold.
//
//	meta            "store": version of the schema, epoch of the history, key of
//	                keyed hashes; "trials": that it can be written
//	names           _id: the name, user: who has it. Of the living only
//	heads           _id: the user. The sequence record: last key given; seq and time
//	                of the last change that moved the revision of what is cached,
//	                or was pruned: the newest change says what came since. A
//	                deleted user has none
//	structure       _id: {u, k, i}: user, channels, folders, accesses, their uses,
//	                sessions. One query reads all of a user
//	profiles        _id: {u, name}
//	events          _id: {u, c, i}: user, the channel's key, the id's 16 bytes.
//	                The folder is a key too, 0 for none. A period has its end, a
//	                running one +Inf. A deleted event keeps times, and the chain
//	                of where it was. What made an event whose id its client gave
//	                stands in "request"
//	changes         _id: {u, s}: user and number. Also the revision that the cache
//	                must have to know of it, and the unit that wrote it
//	signing_keys, one_time_tokens, attempts, blocked_names
//
// Channels and folders have integer keys besides their ids: an id is free again
// as soon as its item is deleted, while what is below the old key is swept.
//
// # Writing
//
// The units of a user run one after the other in a goroutine that is there while
// there are any. They read with the majority what is committed, and write into a
// chain in memory, which is committed in one transaction with the chains of other
// users: the changes, events and structure, and the sequence records of those
// whose structure changes. On a sharded cluster each chain is committed alone. A
// unit that asks about what it has written, but for single things, gets a
// transaction of its own in which the database answers.
//
// A chain is made on what its user's newest change said. Where another server
// was faster, a change of the number that it wants is there already: the units
// run again on what is. So everything that could make a chain wrong must have
// appended a change, and no change is pruned that a server may not know of yet.
// A chain that breaks a group runs again, alone. After a commit whose answer was
// lost, the unit that its first change names tells whether it happened.
//
// # Reading
//
// A view is a snapshot, begun at the first read. What is small of a user is
// cached with a revision, and trusted for lists and single things while the change
// stream answered within the last half second; else the newest change is asked for
// first.
//
// It imports activity, storage and migrations; never another store, auth or
// api.
package mongo
