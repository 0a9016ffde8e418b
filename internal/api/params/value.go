package params

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/activityd/activityd/internal/activity"
	"github.com/go-json-experiment/json/jsontext"
)

// member reads one parameter into v and reports whether it was right.
func (r *reader) member(path string, m member, s *shape, v reflect.Value) bool {
	before := len(r.faults)
	if m.raw != nil {
		r.value(path, m.raw, s, v)
	} else {
		r.text(path, m.text, s, v)
	}
	return len(r.faults) == before
}

// value reads JSON text into v, which is of the shape's type.
func (r *reader) value(path string, raw jsontext.Value, s *shape, v reflect.Value) {
	before := len(r.faults)
	if f := r.set(path, raw, s, v); f != nil {
		r.fault(path, f)
	}
	if len(r.faults) == before || s.object != nil {
		r.check(path, v.Addr().Interface())
	}
}

func (r *reader) set(path string, raw jsontext.Value, s *shape, v reflect.Value) *activity.Fault {
	switch target := v.Addr().Interface().(type) {
	case *activity.Value:
		*target = activity.Compact(raw)
		return activity.CheckValue(raw, r.maxDepth)
	case *activity.Object:
		return setObject(target, raw, r.maxDepth)
	case json.Unmarshaler:
		return setOwn(target, raw, s.bounds, v)
	}
	switch v.Kind() {
	case reflect.String:
		return setString(raw, s.bounds, v)
	case reflect.Bool:
		return setBool(raw, v)
	case reflect.Int:
		return setInt(raw, s.bounds, v)
	case reflect.Float64:
		return setFloat(raw, s.bounds, v)
	case reflect.Slice:
		return r.setSlice(path, raw, s, v)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		r.value(path, raw, s.element, v.Elem())
		return nil
	default:
		return r.setStruct(path, raw, s.object, v)
	}
}

func setObject(target *activity.Object, raw jsontext.Value, maxDepth int) *activity.Fault {
	if raw.Kind() != '{' {
		return activity.NewFault("type", "This must be an object.")
	}
	if len(raw) > activity.MaxClientDataBytes {
		return activity.NewFault("maxLength", "This object is longer than %d bytes: keep less in it.", activity.MaxClientDataBytes)
	}
	*target = activity.Object(activity.Compact(raw))
	return activity.CheckValue(raw, maxDepth)
}

func setOwn(target json.Unmarshaler, raw jsontext.Value, b bounds, v reflect.Value) *activity.Fault {
	err := target.UnmarshalJSON(raw)
	var fault *activity.Fault
	if errors.As(err, &fault) {
		return fault
	}
	if err != nil {
		return activity.NewFault("type", "This has the wrong type.")
	}
	if v.Kind() == reflect.Float64 {
		return inRange(v.Float(), b)
	}
	return nil
}

func setString(raw jsontext.Value, b bounds, v reflect.Value) *activity.Fault {
	if raw.Kind() != '"' {
		return activity.NewFault("type", "This must be a string.")
	}
	text, err := unquote(raw)
	if err != nil {
		return activity.NewFault("type", "This must be a string.")
	}
	v.SetString(text)
	return b.check(text)
}

// unquote gives what a valid string of JSON says.
func unquote(raw jsontext.Value) (string, error) {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1]), nil
	}
	text, err := jsontext.AppendUnquote(nil, raw)
	return string(text), err
}

func (b bounds) check(text string) *activity.Fault {
	if len(b.enum) > 0 && !slices.Contains(b.enum, text) {
		return activity.NewFault("enum", "This must be one of: %s.", strings.Join(b.enum, ", "))
	}
	n := float64(utf8.RuneCountInString(text))
	switch {
	case b.min != nil && n < *b.min:
		return activity.NewFault("minLength", "This must have at least %g characters.", *b.min)
	case b.max != nil && n > *b.max:
		return activity.NewFault("maxLength", "This must have at most %g characters.", *b.max)
	}
	return nil
}

func setBool(raw jsontext.Value, v reflect.Value) *activity.Fault {
	if k := raw.Kind(); k != 't' && k != 'f' {
		return activity.NewFault("type", "This must be true or false.")
	}
	v.SetBool(raw.Kind() == 't')
	return nil
}

func setInt(raw jsontext.Value, b bounds, v reflect.Value) *activity.Fault {
	f, err := strconv.ParseFloat(string(raw), 64)
	if raw.Kind() != '0' || err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return activity.NewFault("type", "This must be a whole number.")
	}
	v.SetInt(int64(f))
	return inRange(f, b)
}

// setFloat reads a number as activity does: a literal that a double would not
// give back is refused.
func setFloat(raw jsontext.Value, b bounds, v reflect.Value) *activity.Fault {
	if raw.Kind() != '0' {
		return activity.NewFault("type", "This must be a number.")
	}
	if fault := activity.CheckValue(raw, 0); fault != nil {
		return fault
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil {
		return activity.NewFault("type", "This must be a number.")
	}
	v.SetFloat(f)
	return inRange(f, b)
}

func inRange(f float64, b bounds) *activity.Fault {
	switch {
	case b.min != nil && f < *b.min:
		return activity.NewFault("minimum", "This must be at least %g.", *b.min)
	case b.max != nil && f > *b.max:
		return activity.NewFault("maximum", "This must be at most %g.", *b.max)
	}
	return nil
}

func (r *reader) setSlice(path string, raw jsontext.Value, s *shape, v reflect.Value) *activity.Fault {
	if raw.Kind() != '[' {
		return activity.NewFault("type", "This must be an array.")
	}
	items := reflect.MakeSlice(v.Type(), 0, 4)
	for i, element := range array(raw) {
		items = reflect.Append(items, reflect.Zero(s.element.typ))
		r.value(at(path, i), element, s.element, items.Index(i))
	}
	v.Set(items)
	switch n, b := float64(items.Len()), s.bounds; {
	case b.min != nil && n < *b.min:
		return activity.NewFault("minItems", "This must have at least %g items.", *b.min)
	case b.max != nil && n > *b.max:
		return activity.NewFault("maxItems", "This must have at most %g items.", *b.max)
	}
	return nil
}

// setStruct reads a nested object, whose struct has the tags of parameters.
func (r *reader) setStruct(path string, raw jsontext.Value, plan *Plan, v reflect.Value) *activity.Fault {
	if raw.Kind() != '{' {
		return activity.NewFault("type", "This must be an object.")
	}
	o := object{plan: plan, reader: r, path: path, target: v, seen: make([]bool, len(plan.fields))}
	for m, err := range walk(decoder(raw), raw) {
		if err != nil {
			return activity.NewFault("type", "This must be valid JSON.")
		}
		o.read(m)
	}
	o.setRest()
	o.require(o.missing())
	return nil
}

// text reads values of a query into v.
func (r *reader) text(path string, values []string, s *shape, v reflect.Value) {
	for _, text := range values {
		if !utf8.ValidString(text) {
			r.fault(path, activity.NewFault("encoding", "This is not UTF-8: encode it so, then as percent-escapes."))
			return
		}
	}
	switch {
	case s.typ.Kind() == reflect.Slice && s.element != nil:
		r.value(path, arrayOf(values, s.element.typ), s, v)
	case len(values) != 1:
		r.fault(path, activity.NewFault("twice", "This parameter is given twice: send it once."))
	default:
		r.value(path, scalarOf(values[0], s.typ), s, v)
	}
}

// arrayOf makes a JSON array of name[]=a&name[]=b, of name=a,b, or takes the
// JSON array that the one value is. Nothing at all is an empty array.
func arrayOf(values []string, element reflect.Type) jsontext.Value {
	if len(values) == 1 {
		if values[0] == "" {
			return jsontext.Value("[]")
		}
		if raw := jsontext.Value(values[0]); raw.Kind() == '[' && raw.IsValid() {
			return raw
		}
		values = strings.Split(values[0], ",")
	}
	b := []byte{'['}
	for i, text := range values {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, scalarOf(text, element)...)
	}
	return append(b, ']')
}

// scalarOf writes a query's text as the JSON that a value of type t would be:
// a string for strings and types that read text, else the number, boolean or
// null that it looks like.
func scalarOf(text string, t reflect.Type) jsontext.Value {
	readsText := reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
	raw := jsontext.Value(text)
	switch {
	case readsText && text == "null":
		return raw
	case readsText || t.Kind() == reflect.String:
		return activity.AppendString(nil, text)
	case len(text) > 0 && strings.IndexByte(" \t\r\n", text[0]) < 0 && raw.Kind() != '"' && raw.IsValid():
		return raw
	}
	return activity.AppendString(nil, text)
}
