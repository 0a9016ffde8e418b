package params

import (
	"reflect"
	"unicode/utf8"

	"github.com/activityd/activityd/internal/activity"
	"github.com/go-json-experiment/json/jsontext"
)

// Rest as the type of a field without tags receives all members that no other
// field takes, as one object in the order given; nil for none. It is bounded as
// client data is. What a query gives becomes the JSON that it looks like, else
// a string.
type Rest activity.Object

// restOf is the members for a field of type Rest while they are read.
type restOf struct {
	members []member
	seen    map[string]bool
}

func (o *object) keep(path string, m member) {
	if o.rest.seen[m.name] || m.raw == nil && len(m.text) != 1 {
		o.reader.fault(path, activity.NewFault("twice", "This parameter is given twice: send it once."))
		return
	}
	if o.rest.seen == nil {
		o.rest.seen = map[string]bool{}
	}
	o.rest.seen[m.name] = true
	if m.raw == nil {
		if !utf8.ValidString(m.text[0]) || !utf8.ValidString(m.name) {
			o.reader.fault(path, activity.NewFault("encoding", "This is not UTF-8: encode it so, then as percent-escapes."))
			return
		}
		m.raw = scalarOf(m.text[0], reflect.TypeFor[activity.Value]())
	}
	if f := activity.CheckValue(m.raw, o.reader.maxDepth-1); f != nil {
		o.reader.fault(path, f)
		return
	}
	o.rest.members = append(o.rest.members, m)
}

// setRest fills the field of type Rest, where there is one.
func (o *object) setRest() {
	if o.plan.rest == nil || len(o.rest.members) == 0 {
		return
	}
	text := []byte{'{'}
	for i, m := range o.rest.members {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(activity.AppendString(text, m.name), ':')
		text = append(text, m.raw...)
	}
	var all activity.Object
	if f := setObject(&all, jsontext.Value(append(text, '}')), o.reader.maxDepth); f != nil {
		o.reader.fault(o.path, f)
		return
	}
	o.target.FieldByIndex(o.plan.rest).Set(reflect.ValueOf(Rest(all)))
}

// Open reports whether the plan has a Rest: any member is a parameter then.
func (p *Plan) Open() bool { return p.rest != nil }
