package params

import (
	"crypto/sha256"
	"slices"

	"github.com/activityd/activityd/internal/activity"
	"github.com/go-json-experiment/json/jsontext"
)

// Given is for a field without tags: it receives all that a request
// gave, what stands in the path aside: for telling whether another request is
// its retry.
type Given struct{ members []member }

// Hash gives the same for requests that are equal as JSON: the order of keys,
// white space and the way in which a number or a string is written are nothing
// to it. It is for parameters that were read without a fault.
func (g Given) Hash() [sha256.Size]byte {
	text := []byte{'{'}
	for i, m := range g.members {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(activity.AppendString(text, m.name), ':')
		if m.raw != nil {
			text = append(text, m.raw...)
		} else {
			text = activity.AppendStrings(text, m.text)
		}
	}
	canonical := jsontext.Value(append(text, '}'))
	if err := canonical.Canonicalize(); err != nil {
		return sha256.Sum256(text) // cannot be: the reader refuses such members
	}
	return sha256.Sum256(canonical)
}

// Without gives what else was given than the member of that name.
func (g Given) Without(name string) Given {
	return Given{slices.DeleteFunc(slices.Clone(g.members), func(m member) bool { return m.name == name })}
}

// Fixed is for a field without tags: it receives the faults of members
// that repeat a part of the path with another value, so that the handler can
// report them with those of other read-only members. Without such a field they
// are reported at once.
type Fixed []activity.Fault

// Checker is a parameter's type, or a struct of parameters, with rules of its
// own. Check may also clean the value. It is asked when the value has been
// read, of a struct even when some members could not be; the faults' paths are
// relative to the value.
type Checker interface{ Check() []activity.Fault }

// check asks v, when it is a Checker.
func (r *reader) check(path string, v any) {
	c, ok := v.(Checker)
	if !ok {
		return
	}
	for _, f := range c.Check() {
		r.fault(join(path, f.Path), &f)
	}
}

// withoutPath gives the members that are no part of the path.
func (p *Plan) withoutPath(all []member) []member {
	return slices.DeleteFunc(slices.Clone(all), func(m member) bool {
		i, known := p.byName[m.name]
		return known && p.fields[i].fromPath
	})
}
