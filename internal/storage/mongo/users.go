package mongo

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"iter"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

// users keeps who the tenants are.
type users struct{ store *Store }

// keyed gives a hash by which a text is found again, but not found out.
func (s *Store) keyed(kind, value string) []byte {
	h := hmac.New(sha256.New, s.key)
	h.Write([]byte(kind + "\x00" + value))
	return h.Sum(nil)
}

// CreateUser stores a new user.
func (u users) CreateUser(ctx context.Context, v *activity.User, invitation *activity.TokenHash) error {
	s := u.store
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	unit := s.units.next()
	now := s.now()
	created := now.After(0)
	err := s.transact(ctx, "create a user", func(ctx context.Context) error {
		blocked, err := u.blocked(ctx, v.Username, now)
		if err != nil {
			return err
		}
		if blocked {
			return idTaken("user", string(v.Username))
		}
		next := *v
		next.Created = created
		if err := u.insert(ctx, &next, unit); err != nil {
			return err
		}
		if invitation != nil {
			return s.takeToken(ctx, *invitation, now)
		}
		return nil
	})
	if err != nil && u.created(ctx, v.ID, unit) {
		err = nil // the answer to a commit was lost
	}
	if err == nil {
		v.Created = created
	}
	return ended(ctx, "create a user", err)
}

// created reports whether that unit created the user.
func (u users) created(ctx context.Context, id activity.UserID, unit bson.ObjectID) bool {
	var d struct {
		Unit bson.ObjectID `bson:"unit"`
	}
	err := u.store.changes.FindOne(ctx, byID(changeID(id, 1))).Decode(&d)
	return err == nil && d.Unit == unit
}

func (s *Store) takeToken(ctx context.Context, token activity.TokenHash, now activity.Timestamp) error {
	result, err := s.db.Collection(tokensColl).DeleteOne(ctx, validToken(token, now))
	if err == nil && result.DeletedCount == 0 {
		err = activity.NewError(activity.CodeInvalidAccessToken, "This invitation is used up or has expired: ask for another.")
	}
	return err
}

func (u users) insert(ctx context.Context, v *activity.User, unit bson.ObjectID) error {
	first := record{
		Change:   activity.Change{User: v.ID, Seq: 1, Kind: activity.UserKind, Action: activity.Created, Item: string(v.ID), Time: v.Created},
		revision: 1, unit: unit,
	}
	for _, d := range []struct {
		coll *mongo.Collection
		doc  any
	}{
		{u.store.names, nameDoc{Name: string(v.Username), User: string(v.ID)}},
		{u.store.structure, userDocOf(v)},
		{u.store.heads, headDoc{ID: string(v.ID), Seq: 1, Modified: v.Created, Revision: 1}},
		{u.store.changes, bson.Raw(first.append(nil))},
	} {
		_, err := d.coll.InsertOne(ctx, d.doc)
		if mongo.IsDuplicateKeyError(err) {
			return idTaken("user", string(v.Username))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// nameDoc holds the name of a user.
type nameDoc struct {
	Name string `bson:"_id"`
	User string `bson:"user"`
}

// UserByName gives the user of a name.
func (u users) UserByName(ctx context.Context, name activity.Username) (activity.User, error) {
	if id, ok := u.store.cache.UserOf(name); ok {
		if k, trusted, _ := u.store.cache.Get(id); k.account != nil && trusted {
			if err := u.store.enter(); err != nil {
				return activity.User{}, err
			}
			u.store.leave()
			return k.account.structure.User(), nil
		}
	}
	var user activity.User
	err := u.store.read(ctx, "read a user", func(ctx context.Context) error {
		var d nameDoc
		err := u.store.names.FindOne(ctx, byID(string(name))).Decode(&d)
		if errors.Is(err, mongo.ErrNoDocuments) {
			return unknownUser()
		}
		if err != nil {
			return err
		}
		found, err := u.read(ctx, []nameDoc{d})
		if err == nil && len(found) == 0 {
			return unknownUser()
		}
		if err == nil {
			user = found[0]
		}
		return err
	})
	if err != nil {
		return activity.User{}, err
	}
	u.store.cache.SetName(name, user.ID)
	return user, nil
}

// read gives the users of the names, in that order, but for those who went
// meanwhile.
func (u users) read(ctx context.Context, names []nameDoc) ([]activity.User, error) {
	ids := make([]bson.D, len(names))
	for i, n := range names {
		ids[i] = itemID(activity.UserID(n.User), userKind, "")
	}
	cursor, err := u.store.structure.Find(ctx, bson.D{isIn("_id", ids)})
	if err != nil {
		return nil, err
	}
	found := map[string]activity.User{}
	for cursor.Next(ctx) {
		id := cursor.Current.Lookup("_id", "u").StringValue()
		err := unmarshal(cursor.Current, func(d *userDoc) error {
			if d.Gone == nil {
				found[id] = d.user(activity.UserID(id))
			}
			return nil
		})
		if err != nil {
			return nil, errors.Join(err, cursor.Close(ctx))
		}
	}
	if err := errors.Join(cursor.Err(), cursor.Close(ctx)); err != nil {
		return nil, err
	}
	users := make([]activity.User, 0, len(names))
	for _, n := range names {
		if v, ok := found[n.User]; ok {
			users = append(users, v)
		}
	}
	return users, nil
}

// usersPage is how many users ListUsers reads at once.
const usersPage = 200

// ListUsers gives all users by name, in pages.
func (u users) ListUsers(ctx context.Context) iter.Seq2[activity.User, error] {
	return func(yield func(activity.User, error) bool) {
		for last := ""; ; {
			var names []nameDoc
			var page []activity.User
			err := u.store.read(ctx, "list users", func(ctx context.Context) error {
				cursor, err := u.store.names.Find(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$gt", Value: last}}}},
					options.Find().SetSort(byOwnID).SetLimit(usersPage))
				if err != nil {
					return err
				}
				if err := cursor.All(ctx, &names); err != nil {
					return err
				}
				page, err = u.read(ctx, names)
				return err
			})
			if err != nil {
				yield(activity.User{}, err)
				return
			}
			for _, v := range page {
				if !yield(v, nil) {
					return
				}
			}
			if len(names) < usersPage {
				return
			}
			last = names[len(names)-1].Name
		}
	}
}

// DeleteUser marks the user as gone; the sweep removes the rest.
func (u users) DeleteUser(ctx context.Context, id activity.UserID) error {
	if err := u.store.enter(); err != nil {
		return err
	}
	defer u.store.leave()
	return u.store.do(ctx, id, "delete a user", (*update).deleteUser)
}

func (u *update) deleteUser() error {
	s, h := u.store, u.next()
	name := u.account.structure.User().Username
	blocked := s.keyed("username", string(name))
	gone := *u.account
	gone.revision = 0
	change := activity.Change{Kind: activity.UserKind, Action: activity.Deleted, Item: string(u.user)}
	err := u.write(change, &gone,
		u.item(userKind, "", "", &userDoc{ID: itemID(u.user, userKind, ""), Created: h.modified, Gone: &h.modified, Seq: int64(h.seq)}),
		op{write: write{coll: s.names, id: string(name), key: string(name)}},
		op{write: write{coll: s.db.Collection(blockedColl), id: blocked, key: string(blocked), doc: bson.D{
			{Key: "_id", Value: blocked}, {Key: "until", Value: u.now + activity.Timestamp(storage.NameBlock.Seconds())},
		}}})
	if err != nil {
		return err
	}
	u.gone, u.sweep = true, true
	return nil
}

// NameBlocked reports whether a deleted user's name is still blocked.
func (u users) NameBlocked(ctx context.Context, name activity.Username) (blocked bool, err error) {
	err = u.store.read(ctx, "look for a blocked name", func(ctx context.Context) error {
		blocked, err = u.blocked(ctx, name, u.store.now())
		return err
	})
	return blocked, err
}

func (u users) blocked(ctx context.Context, name activity.Username, now activity.Timestamp) (bool, error) {
	filter := append(byID(u.store.keyed("username", string(name))), bson.E{Key: "until", Value: bson.D{{Key: "$gt", Value: now}}})
	return exists(u.store.db.Collection(blockedColl).FindOne(ctx, filter))
}

// exists reports whether there is a document.
func exists(r *mongo.SingleResult) (bool, error) {
	if errors.Is(r.Err(), mongo.ErrNoDocuments) {
		return false, nil
	}
	return r.Err() == nil, r.Err()
}

// CountUsers gives how many users there are.
func (u users) CountUsers(ctx context.Context) (n int, err error) {
	err = u.store.read(ctx, "count users", func(ctx context.Context) error {
		count, err := u.store.names.CountDocuments(ctx, bson.D{})
		n = int(count)
		return err
	})
	return n, err
}
