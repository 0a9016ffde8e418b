package params

import (
	"bytes"
	"reflect"

	"github.com/activityd/activityd/internal/activity"
	"github.com/go-json-experiment/json/jsontext"
)

// Elements as the type of a field without tags receives the elements of a body
// that is an array, which the method then takes instead of an object. They are
// valid JSON and parts of the body, not read further: T is what the method will
// read each into, with a Plan of its own, so that one can fail alone.
type Elements[T any] []jsontext.Value

// Element gives the type T.
func (Elements[T]) Element() reflect.Type { return reflect.TypeFor[T]() }

// ElementsType gives the type of the elements of a plan whose body is an array,
// nil for others.
func (p *Plan) ElementsType() reflect.Type { return p.element }

// findElements notes the field when its type is an Elements.
func (p *Plan) findElements(t reflect.Type, index []int) bool {
	e, ok := reflect.Zero(t).Interface().(interface{ Element() reflect.Type })
	if ok {
		p.elements, p.element = index, e.Element()
	}
	return ok
}

// readElements takes the body apart where the plan has Elements. What is left
// of the input has none.
func (p *Plan) readElements(in *Input, target reflect.Value) error {
	if p.elements == nil {
		return nil
	}
	text := bytes.TrimSpace(in.Body)
	if len(text) > 0 {
		if err := CheckStructure(text, in.MaxDepth); err != nil {
			return err
		}
	}
	if len(text) == 0 || text[0] != '[' {
		return activity.NewError(activity.CodeInvalidRequestStructure, "The parameters must be a JSON array: send […].")
	}
	elements := []jsontext.Value{}
	for _, raw := range array(text) {
		elements = append(elements, raw)
	}
	field := target.FieldByIndex(p.elements)
	field.Set(reflect.ValueOf(elements).Convert(field.Type()))
	in.Body = nil
	return nil
}
