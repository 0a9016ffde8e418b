package params

// Optional is a parameter that may be absent, for which the zero value of T
// is something else than absence.
type Optional[T any] struct {
	Set   bool
	Value T
}

// Or gives the value, or def when it is absent.
func (o Optional[T]) Or(def T) T {
	if o.Set {
		return o.Value
	}
	return def
}

// Some makes a present value.
func Some[T any](v T) Optional[T] { return Optional[T]{Set: true, Value: v} }
