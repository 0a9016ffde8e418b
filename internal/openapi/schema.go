package openapi

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/activityd/activityd/internal/api"
	"github.com/activityd/activityd/internal/api/params"
	"github.com/goccy/go-yaml"
)

// describer is a type that knows its JSON: it gives a JSON Schema as text. It
// may refer to components by "#/components/schemas/Name".
type describer interface{ JSONSchema() string }

// appender is a type that writes its own JSON.
type appender interface{ AppendJSON(b []byte) []byte }

// components are the named schemas, collected on the way.
type components struct{ byName map[string]component }

type component struct {
	typ    reflect.Type
	schema yaml.MapSlice
}

// schemas gives the components by name, Error first.
func (c *components) schemas() yaml.MapSlice {
	var names []string
	for name := range c.byName {
		names = append(names, name)
	}
	slices.Sort(names)
	all := errorSchemas()
	for _, name := range names {
		all = append(all, yaml.MapItem{Key: name, Value: c.byName[name].schema})
	}
	return all
}

// result gives the schema of what answers write of a type.
func (c *components) result(t reflect.Type) (yaml.MapSlice, error) {
	if d, ok := reflect.New(t).Interface().(describer); ok {
		return c.described(t, d)
	}
	switch t.Kind() {
	case reflect.Pointer:
		return c.result(t.Elem())
	case reflect.Slice:
		if ownJSON(t) {
			return scalar(t)
		}
		items, err := c.result(t.Elem())
		return yaml.MapSlice{{Key: "type", Value: "array"}, {Key: "items", Value: items}}, err
	case reflect.Map:
		values, err := c.result(t.Elem())
		return yaml.MapSlice{{Key: "type", Value: "object"}, {Key: "additionalProperties", Value: values}}, err
	case reflect.Struct:
		return c.structure(t)
	}
	return scalar(t)
}

func scalar(t reflect.Type) (yaml.MapSlice, error) {
	if ownJSON(t) {
		return nil, fmt.Errorf("%s writes its own JSON: give it a method JSONSchema() string", t)
	}
	names := map[reflect.Kind]string{
		reflect.String: "string", reflect.Bool: "boolean", reflect.Int: "integer", reflect.Int64: "integer", reflect.Float64: "number",
	}
	name, ok := names[t.Kind()]
	if !ok {
		return nil, fmt.Errorf("%s has no schema: give it a method JSONSchema() string", t)
	}
	return yaml.MapSlice{{Key: "type", Value: name}}, nil
}

func ownJSON(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(reflect.TypeFor[json.Marshaler]()) || p.Implements(reflect.TypeFor[json.Unmarshaler]()) ||
		p.Implements(reflect.TypeFor[appender]())
}

// described gives the schema that a type tells, as a component when it is a
// struct's object.
func (c *components) described(t reflect.Type, d describer) (yaml.MapSlice, error) {
	schema, err := ordered([]byte(d.JSONSchema()))
	if err != nil {
		return nil, fmt.Errorf("the schema of %s: %w", t, err)
	}
	if t.Kind() != reflect.Struct || member(schema, "properties") == nil && member(schema, "oneOf") == nil {
		return schema, nil
	}
	return c.named(t, schema)
}

// named keeps a schema under its type's name and refers to it.
func (c *components) named(t reflect.Type, schema yaml.MapSlice) (yaml.MapSlice, error) {
	name := nameOf(t)
	known, twice := c.byName[name]
	if twice && known.typ != t && nameOf(known.typ) == name && !sameSchema(known.schema, schema) {
		return nil, fmt.Errorf("%s and %s are both called %s and differ", known.typ, t, name)
	}
	c.byName[name] = component{t, schema}
	return ref("schemas", name), nil
}

func sameSchema(a, b yaml.MapSlice) bool { return reflect.DeepEqual(a, b) }

// nameOf gives the name that clients know: a ChannelView is a Channel to them.
func nameOf(t reflect.Type) string { return strings.TrimSuffix(t.Name(), "View") }

// structure describes a struct of an answer by its tags. Clients must bear
// members that are not here: later versions may add some.
func (c *components) structure(t reflect.Type) (yaml.MapSlice, error) {
	if ownJSON(t) && !onlyEmbeds(t) {
		return nil, fmt.Errorf("%s writes its own JSON: give it a method JSONSchema() string", t)
	}
	if t.Name() != "" {
		if known, ok := c.byName[nameOf(t)]; ok && known.typ == t {
			return ref("schemas", nameOf(t)), nil
		}
	}
	var properties yaml.MapSlice
	required := []string{}
	if err := c.members(t, &properties, &required); err != nil {
		return nil, err
	}
	schema := yaml.MapSlice{{Key: "type", Value: "object"}}
	if len(required) > 0 {
		schema = append(schema, yaml.MapItem{Key: "required", Value: required})
	}
	if len(properties) == 0 {
		return append(schema, yaml.MapItem{Key: "maxProperties", Value: 0}), nil
	}
	schema = append(schema, yaml.MapItem{Key: "properties", Value: properties})
	if t.Name() == "" {
		return schema, nil
	}
	return c.named(t, schema)
}

// onlyEmbeds reports whether a struct has its encoding from what it embeds
// alone; reflection sees that as well.
func onlyEmbeds(t reflect.Type) bool {
	return t.NumField() == 1 && t.Field(0).Anonymous && !ownJSON(t.Field(0).Type)
}

func (c *components) members(t reflect.Type, properties *yaml.MapSlice, required *[]string) error {
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" {
			if err := c.members(f.Type, properties, required); err != nil {
				return err
			}
			continue
		}
		if name == "" || name == "-" {
			continue
		}
		schema, err := c.result(f.Type)
		if err != nil {
			return fmt.Errorf("%s.%s: %w", t.Name(), f.Name, err)
		}
		*properties = append(*properties, yaml.MapItem{Key: name, Value: withDoc(schema, f.Tag.Get("doc"))})
		if !strings.Contains(options, "omit") {
			*required = append(*required, name)
		}
	}
	return nil
}

// withDoc gives the schema with the sentence in the place of its own.
func withDoc(schema yaml.MapSlice, doc string) yaml.MapSlice {
	if doc == "" {
		return schema
	}
	schema = slices.DeleteFunc(slices.Clone(schema), func(m yaml.MapItem) bool { return m.Key == "description" })
	return append(schema, yaml.MapItem{Key: "description", Value: doc})
}

// parameter gives the schema of a parameter, bounds included.
func (c *components) parameter(f params.Field) (yaml.MapSlice, error) {
	schema, err := c.given(f)
	if err != nil {
		return nil, fmt.Errorf("parameter %s: %w", f.Name, err)
	}
	return withDoc(schema, f.Doc), nil
}

func (c *components) given(f params.Field) (yaml.MapSlice, error) {
	t := f.Type
	if d, ok := reflect.New(t).Interface().(describer); ok {
		return c.described(t, d)
	}
	switch t.Kind() {
	case reflect.Pointer:
		f.Type = t.Elem()
		return c.given(f)
	case reflect.Slice:
		items, err := c.given(params.Field{Type: t.Elem(), Enum: f.Enum})
		schema := yaml.MapSlice{{Key: "type", Value: "array"}, {Key: "items", Value: items}}
		return bounded(schema, "minItems", "maxItems", f), err
	case reflect.Struct:
		body, err := c.object(params.PlanOf(t))
		if err != nil {
			return nil, err
		}
		return c.named(t, body)
	}
	schema, err := scalar(t)
	if err != nil {
		return nil, err
	}
	if len(f.Enum) > 0 {
		schema = append(schema, yaml.MapItem{Key: "enum", Value: f.Enum})
	}
	if t.Kind() == reflect.String {
		return bounded(schema, "minLength", "maxLength", f), nil
	}
	return bounded(schema, "minimum", "maximum", f), nil
}

func bounded(schema yaml.MapSlice, least, most string, f params.Field) yaml.MapSlice {
	if f.Min != nil {
		schema = append(schema, yaml.MapItem{Key: least, Value: int64(*f.Min)})
	}
	if f.Max != nil {
		schema = append(schema, yaml.MapItem{Key: most, Value: int64(*f.Max)})
	}
	return schema
}

// object describes parameters that are the members of an object, those of the
// path aside: what is no member is refused, unless the plan takes the rest.
func (c *components) object(plan *params.Plan) (yaml.MapSlice, error) {
	var properties yaml.MapSlice
	required := []string{}
	for _, f := range plan.Fields() {
		if f.InPath {
			continue
		}
		schema, err := c.parameter(f)
		if err != nil {
			return nil, err
		}
		properties = append(properties, yaml.MapItem{Key: f.Name, Value: schema})
		if f.Required {
			required = append(required, f.Name)
		}
	}
	schema := yaml.MapSlice{{Key: "type", Value: "object"}}
	if len(required) > 0 {
		schema = append(schema, yaml.MapItem{Key: "required", Value: required})
	}
	if len(properties) > 0 {
		schema = append(schema, yaml.MapItem{Key: "properties", Value: properties})
	}
	return append(schema, yaml.MapItem{Key: "additionalProperties", Value: plan.TakesRest()}), nil
}

// isVersioned reports whether answers with the type carry an ETag.
func isVersioned(t reflect.Type) bool {
	return t.Implements(reflect.TypeFor[api.Versioned]()) || t.Implements(reflect.TypeFor[api.Tagged]())
}

// ordered reads JSON with the order of its members.
func ordered(text []byte) (yaml.MapSlice, error) {
	var v yaml.MapSlice
	err := yaml.UnmarshalWithOptions(text, &v, yaml.UseOrderedMap())
	return v, err
}

// member gives a member of an ordered map, nil for none.
func member(m yaml.MapSlice, name string) any {
	for _, item := range m {
		if item.Key == name {
			return item.Value
		}
	}
	return nil
}
