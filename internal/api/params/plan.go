package params

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// Plan is how the parameters of one method are read into its struct.
type Plan struct {
	fields []field
	byName map[string]int // in fields
}

type field struct {
	name     string
	index    []int
	typ      reflect.Type // without Optional
	optional bool         // the struct's field is an Optional
	fromPath bool
	required bool
	bounds   bounds
	doc      string
}

type bounds struct {
	min, max *float64
	enum     []string
}

// PlanOf makes the plan of a struct type. It panics when the struct has tags
// that it does not understand: that is a mistake of the program.
func PlanOf(t reflect.Type) *Plan {
	p := &Plan{byName: map[string]int{}}
	p.add(t, nil)
	return p
}

func (p *Plan) add(t reflect.Type, above []int) {
	for i := range t.NumField() {
		f := t.Field(i)
		index := append(append([]int{}, above...), i)
		if f.Anonymous {
			p.add(f.Type, index)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		if _, twice := p.byName[name]; twice {
			panic(fmt.Sprintf("params: %s has the parameter %q twice", t, name))
		}
		p.byName[name] = len(p.fields)
		p.fields = append(p.fields, fieldOf(f, name, index))
	}
}

func fieldOf(f reflect.StructField, name string, index []int) field {
	made := field{
		name:     name,
		index:    index,
		typ:      f.Type,
		fromPath: f.Tag.Get("in") == "path",
		required: f.Tag.Get("required") == "true" || f.Tag.Get("in") == "path",
		doc:      f.Tag.Get("doc"),
		bounds:   bounds{min: bound(f, "min"), max: bound(f, "max"), enum: strings.Fields(f.Tag.Get("enum"))},
	}
	if isOptional(f.Type) {
		made.optional, made.typ = true, f.Type.Field(1).Type
	}
	return made
}

func bound(f reflect.StructField, tag string) *float64 {
	text := f.Tag.Get(tag)
	if text == "" {
		return nil
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		panic(fmt.Sprintf("params: tag %s of %s: %v", tag, f.Name, err))
	}
	return &v
}

func isOptional(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t.PkgPath() == reflect.TypeFor[Plan]().PkgPath() && strings.HasPrefix(t.Name(), "Optional[")
}
