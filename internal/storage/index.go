package storage

import (
	"slices"
	"strings"
)

// index finds values by key. It is a sorted slice that is replaced, never
// changed: there is one of each kind for every user in memory, most have one or
// two entries, and a map has room for eight from the first on.
type index[V any] []entry[V]

type entry[V any] struct {
	key   string
	value *V
}

func (x index[V]) find(key string) (int, bool) {
	return slices.BinarySearchFunc(x, key, func(e entry[V], key string) int { return strings.Compare(e.key, key) })
}

// get gives the value, nil for none.
func (x index[V]) get(key string) *V {
	if i, ok := x.find(key); ok {
		return x[i].value
	}
	return nil
}

// with gives the index with one value more, or another one in its place.
func (x index[V]) with(key string, v *V) index[V] {
	i, known := x.find(key)
	if known {
		next := slices.Clone(x)
		next[i].value = v
		return next
	}
	next := make(index[V], 0, len(x)+1)
	return append(append(append(next, x[:i]...), entry[V]{key, v}), x[i:]...)
}

func (x index[V]) without(key string) index[V] {
	i, known := x.find(key)
	if !known {
		return x
	}
	return append(append(make(index[V], 0, len(x)-1), x[:i]...), x[i+1:]...)
}

// newIndex makes an index of many values; with would copy it for each.
func newIndex[V any](values []V, key func(*V) string) index[V] {
	x := make(index[V], len(values))
	for i, v := range values {
		x[i] = entry[V]{key(&v), &v}
	}
	slices.SortFunc(x, func(a, b entry[V]) int { return strings.Compare(a.key, b.key) })
	return x
}

// sorted gives the values in another order.
func (x index[V]) sorted(compare func(a, b *V) int) []V {
	pointers := make([]*V, len(x))
	for i, e := range x {
		pointers[i] = e.value
	}
	slices.SortFunc(pointers, compare)
	list := make([]V, len(pointers))
	for i, v := range pointers {
		list[i] = *v
	}
	return list
}
