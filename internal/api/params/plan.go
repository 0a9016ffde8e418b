package params

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"github.com/activityd/activityd/internal/activity"
)

// Plan is how the parameters of one method are read into its struct. It is
// safe for use by many goroutines.
type Plan struct {
	fields []field
	byName map[string]int // in fields
	given  []int          // the index of the field of type Given; nil for none
	fixed  []int          // the index of the field of type Fixed; nil for none
	rest   []int          // the index of the field of type Rest; nil for none

	elements []int        // the index of the field of type Elements; nil for none
	element  reflect.Type // of one of them

	decoders sync.Pool // of *jsontext.Decoder
}

type field struct {
	name     string
	index    []int
	shape    shape
	optional bool // the struct's field is an Optional
	fromPath bool
	required bool
	doc      string
}

// shape is what a value must be.
type shape struct {
	typ     reflect.Type // without Optional
	bounds  bounds
	element *shape // of a slice or a pointer
	object  *Plan  // of a struct
}

type bounds struct {
	min, max *float64
	enum     []string
}

// PlanOf makes the plan of a struct type, those of nested structs included. It
// panics when the struct has types or tags that it does not understand: that
// is a mistake of the program.
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
		switch f.Type {
		case reflect.TypeFor[Given]():
			p.given = index
			continue
		case reflect.TypeFor[Fixed]():
			p.fixed = index
			continue
		case reflect.TypeFor[Rest]():
			p.rest = index
			continue
		}
		if p.findElements(f.Type, index) {
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
		fromPath: f.Tag.Get("in") == "path",
		required: f.Tag.Get("required") == "true" || f.Tag.Get("in") == "path",
		doc:      f.Tag.Get("doc"),
	}
	typ := f.Type
	if isOptional(typ) {
		made.optional, typ = true, typ.Field(1).Type
	}
	if made.fromPath && typ.Kind() != reflect.String {
		panic(fmt.Sprintf("params: %s stands in the path and is no string", f.Name))
	}
	b := bounds{min: bound(f, "min"), max: bound(f, "max"), enum: strings.Fields(f.Tag.Get("enum"))}
	made.shape = shapeOf(typ, b)
	return made
}

func shapeOf(t reflect.Type, b bounds) shape {
	s := shape{typ: t, bounds: b}
	switch t {
	case reflect.TypeFor[activity.Value](), reflect.TypeFor[activity.Object]():
		return s
	}
	if reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()) {
		return s
	}
	switch t.Kind() {
	case reflect.String, reflect.Bool, reflect.Int, reflect.Float64:
	case reflect.Slice:
		element := shapeOf(t.Elem(), bounds{enum: b.enum})
		s.element = &element
	case reflect.Pointer:
		element := shapeOf(t.Elem(), b)
		s.element = &element
	case reflect.Struct:
		s.object = PlanOf(t)
	default:
		panic(fmt.Sprintf("params: no parameter is a %s", t))
	}
	return s
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
