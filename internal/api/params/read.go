package params

import (
	"fmt"
	"reflect"

	"github.com/activityd/activityd/internal/activity"
)

// Read sets the struct that into points to. Errors: CodeInvalidRequestStructure;
// CodeMissingParameter when nothing but required parameters is wrong, with
// data.missing; else CodeInvalidParametersFormat with every fault.
func (p *Plan) Read(in Input, into any) error {
	given, err := in.members()
	if err != nil {
		return err
	}
	r := reader{maxDepth: in.MaxDepth}
	target := reflect.ValueOf(into).Elem()
	seen := make([]bool, len(p.fields))
	for i, f := range p.fields {
		if text, ok := in.Path[f.name]; ok && f.fromPath {
			target.FieldByIndex(f.index).SetString(text)
			seen[i] = true
		}
	}
	for _, m := range given {
		p.readMember(&r, m, target, seen, in.Path)
	}
	return r.result(p.missing(seen))
}

func (p *Plan) readMember(r *reader, m member, target reflect.Value, seen []bool, path map[string]string) {
	i, known := p.byName[m.name]
	if !known {
		r.fault(m.name, activity.NewFault("unknown", "There is no such parameter here: check its spelling or leave it out."))
		return
	}
	f := p.fields[i]
	if _, ok := path[f.name]; ok && f.fromPath {
		again := reflect.New(f.typ).Elem()
		if r.member(m, f, again) && again.String() != target.FieldByIndex(f.index).String() {
			r.fault(m.name, activity.NewFault("read-only", "This is fixed by the address: leave it out or send the same."))
		}
		return
	}
	if seen[i] {
		r.fault(m.name, activity.NewFault("twice", "This parameter is given twice: send it once."))
		return
	}
	seen[i] = true
	v := target.FieldByIndex(f.index)
	if f.optional {
		v.Field(0).SetBool(true)
		v = v.Field(1)
	}
	r.member(m, f, v)
}

func (p *Plan) missing(seen []bool) []string {
	var names []string
	for i, f := range p.fields {
		if f.required && !seen[i] {
			names = append(names, f.name)
		}
	}
	return names
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

func (r *reader) result(missing []string) error {
	if len(r.faults) == 0 && len(missing) > 0 {
		return activity.NewError(activity.CodeMissingParameter, "Required parameters are missing: see data.missing and add each.").
			With(map[string]any{"missing": missing})
	}
	for _, name := range missing {
		r.fault(name, activity.NewFault("required", "This parameter is required: add it."))
	}
	return activity.FaultsError(r.faults)
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func at(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }
