package params

import (
	"reflect"
	"strconv"

	"github.com/activityd/activityd/internal/activity"
)

// Read sets the struct that into points to. Errors: CodeInvalidRequestStructure;
// CodeMissingParameter when nothing but required parameters is wrong, with
// data.missing; else CodeInvalidParametersFormat with every fault.
func (p *Plan) Read(in Input, into any) error {
	if err := p.readElements(&in, reflect.ValueOf(into).Elem()); err != nil {
		return err
	}
	given, err := in.members(&p.decoders)
	if err != nil {
		return err
	}
	o := object{plan: p, reader: &reader{maxDepth: in.MaxDepth}, target: reflect.ValueOf(into).Elem(), seen: make([]bool, len(p.fields))}
	for i := range p.fields {
		f := &p.fields[i]
		if text, ok := in.Path[f.name]; ok && f.fromPath {
			o.target.FieldByIndex(f.index).SetString(text)
			o.seen[i] = true
		}
	}
	for _, m := range given {
		o.read(m)
	}
	o.setRest()
	if p.given != nil {
		o.target.FieldByIndex(p.given).Set(reflect.ValueOf(Given{members: p.withoutPath(given)}))
	}
	o.reader.check("", into)
	if in.Further != nil {
		for _, f := range in.Further(into) {
			o.reader.fault(f.Path, &f)
		}
	}
	return o.result()
}

// object is a struct of parameters while it is read.
type object struct {
	plan   *Plan
	reader *reader
	path   string // of the object; "" for the whole request
	target reflect.Value
	seen   []bool           // by field
	fixed  []activity.Fault // see Fixed
	rest   restOf
}

func (o *object) read(m member) {
	path := join(o.path, m.name)
	i, known := o.plan.byName[m.name]
	if !known && o.plan.rest != nil {
		o.keep(path, m)
		return
	}
	if !known {
		o.reader.fault(path, activity.NewFault("unknown", "There is no such parameter here: check its spelling or leave it out."))
		return
	}
	f := &o.plan.fields[i]
	if o.seen[i] {
		o.again(path, m, f)
		return
	}
	o.seen[i] = true
	v := o.target.FieldByIndex(f.index)
	if f.optional {
		v.Field(0).SetBool(true)
		v = v.Field(1)
	}
	o.reader.member(path, m, &f.shape, v)
}

// again reads a parameter that was given before. Only one of the path may be
// repeated, by clients that send back what they read.
func (o *object) again(path string, m member, f *field) {
	if !f.fromPath {
		o.reader.fault(path, activity.NewFault("twice", "This parameter is given twice: send it once."))
		return
	}
	second := reflect.New(f.shape.typ).Elem()
	if o.reader.member(path, m, &f.shape, second) && second.String() != o.target.FieldByIndex(f.index).String() {
		o.fixed = append(o.fixed, activity.Fault{Path: path, Code: "read-only", Message: "This is fixed by the address: leave it out or send the same."})
	}
}

func (o *object) missing() []string {
	var names []string
	for i := range o.plan.fields {
		if o.plan.fields[i].required && !o.seen[i] {
			names = append(names, o.plan.fields[i].name)
		}
	}
	return names
}

// result gives the error of the whole request, or leaves what the handler is
// to report in the field of type Fixed.
func (o *object) result() error {
	missing, r := o.missing(), o.reader
	if len(r.faults) == 0 && len(missing) == 0 && o.plan.fixed != nil {
		o.target.FieldByIndex(o.plan.fixed).Set(reflect.ValueOf(Fixed(o.fixed)))
		return nil
	}
	r.faults = append(r.faults, o.fixed...)
	if len(r.faults) == 0 && len(missing) > 0 {
		return Missing(missing...)
	}
	o.require(missing)
	return activity.FaultsError(r.faults)
}

func (o *object) require(missing []string) {
	for _, name := range missing {
		o.reader.fault(join(o.path, name), activity.NewFault("required", "This parameter is required: add it."))
	}
}

// Missing is the error of required parameters that are absent.
func Missing(names ...string) error {
	return activity.NewError(activity.CodeMissingParameter, "Required parameters are missing: see data.missing and add each.").
		With(map[string]any{"missing": names})
}

// reader collects the faults of one request.
type reader struct {
	maxDepth int
	faults   []activity.Fault
}

// maxFaults bounds the answer to a body of nothing but faults.
const maxFaults = 100

func (r *reader) fault(path string, f *activity.Fault) {
	if len(r.faults) < maxFaults {
		r.faults = append(r.faults, activity.Fault{Path: path, Code: f.Code, Message: f.Message})
	}
}

// join gives the path of a part. A part's path may begin with an index.
func join(path, name string) string {
	switch {
	case path == "" || name == "":
		return path + name
	case name[0] == '[':
		return path + name
	}
	return path + "." + name
}

func at(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }
