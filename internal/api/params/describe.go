package params

import "reflect"

// Field is one parameter as a description of the API tells it.
type Field struct {
	Name     string
	Doc      string       // one sentence
	Type     reflect.Type // of the value, without Optional
	InPath   bool
	Required bool
	Min, Max *float64 // of a string in characters, of an array in items, of a number; nil for none
	Enum     []string // the strings that are allowed, of an array its items; nil for any
}

// Fields describes the plan's parameters, in the order of the struct.
func (p *Plan) Fields() []Field {
	all := make([]Field, len(p.fields))
	for i, f := range p.fields {
		b := f.shape.bounds
		all[i] = Field{
			Name: f.name, Doc: f.doc, Type: f.shape.typ, InPath: f.fromPath, Required: f.required,
			Min: b.min, Max: b.max, Enum: b.enum,
		}
	}
	return all
}

// TakesRest reports whether the plan takes any further members.
func (p *Plan) TakesRest() bool { return p.rest != nil }
