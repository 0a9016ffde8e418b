package eventtypes

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/activityd/activityd/internal/activity"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// Check gives what is wrong with the value of an event of the type, by path
// from "value"; nil where nothing is, and for types that the directory does
// not have. An absent value (nil) counts as null. The value must be valid JSON.
func (d *Directory) Check(t activity.Type, v activity.Value) []activity.Fault {
	schema, known := d.schemas[t]
	if !known {
		return nil
	}
	var instance any
	if v != nil {
		// Numbers become doubles, as they are for every reader: exact arithmetic
		// on a literal such as 1e-999999999 would never end.
		if err := json.Unmarshal(v, &instance); err != nil {
			return nil // beyond a double: CheckValue says so
		}
	}
	var invalid *jsonschema.ValidationError
	if !errors.As(schema.Validate(instance), &invalid) {
		return nil
	}
	c := faultCollector{typ: t, absent: v == nil, instance: instance}
	c.add(invalid)
	slices.SortFunc(c.faults, func(a, b activity.Fault) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Code, b.Code))
	})
	return c.faults
}

// faultCollector makes faults of the leaves of a validation error.
type faultCollector struct {
	typ      activity.Type
	absent   bool
	instance any
	faults   []activity.Fault
}

func (c *faultCollector) add(e *jsonschema.ValidationError) {
	if len(e.Causes) > 0 {
		for _, cause := range e.Causes {
			c.add(cause)
		}
		return
	}
	path := c.path(e.InstanceLocation)
	switch k := e.ErrorKind.(type) {
	case *kind.Type:
		if c.absent {
			c.fault(path, "required", "An event of type %s has a value: add it, as %s.", c.typ, words(k.Want))
			return
		}
		c.fault(path, "type", "Of an event of type %s this must be %s.", c.typ, words(k.Want))
	case *kind.Required:
		for _, name := range k.Missing {
			c.fault(path+"."+name, "required", "An event of type %s has this: add it.", c.typ)
		}
	case *kind.Minimum:
		least, _ := k.Want.Float64()
		c.fault(path, "minimum", "Of an event of type %s this must be at least %g.", c.typ, least)
	case *kind.Maximum:
		most, _ := k.Want.Float64()
		c.fault(path, "maximum", "Of an event of type %s this must be at most %g.", c.typ, most)
	case *kind.Pattern:
		c.fault(path, "pattern", "Of an event of type %s this must match %s.", c.typ, k.Want)
	default:
		c.fault(path, "schema", "This is not as the schema of the type %s has it: see service.eventTypes.", c.typ)
	}
}

func (c *faultCollector) fault(path, code, format string, args ...any) {
	c.faults = append(c.faults, activity.Fault{Path: path, Code: code, Message: fmt.Sprintf(format, args...)})
}

// path writes a place in the value as the API does: value.members[3].
func (c *faultCollector) path(location []string) string {
	path, at := "value", c.instance
	for _, name := range location {
		switch v := at.(type) {
		case []any:
			path += "[" + name + "]"
			at = nil
			if i, err := strconv.Atoi(name); err == nil && i < len(v) {
				at = v[i]
			}
		case map[string]any:
			path += "." + name
			at = v[name]
		}
	}
	return path
}

// words gives the types of JSON in words: "a string or null".
func words(types []string) string {
	all := make([]string, len(types))
	for i, t := range types {
		switch t {
		case "null":
			all[i] = t
		case "boolean":
			all[i] = "true or false"
		case "object", "array", "integer":
			all[i] = "an " + t
		default:
			all[i] = "a " + t
		}
	}
	return strings.Join(all, " or ")
}
