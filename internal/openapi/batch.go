package openapi

import (
	"net/http"

	"github.com/activityd/activityd/internal/api"
	"github.com/goccy/go-yaml"
)

// batch describes POST / on a user's root, which has no row of its own: its
// parameters are an array.
func (c *components) batch() (yaml.MapSlice, error) {
	given, err := exampleOf(api.BatchCommand)
	if err != nil {
		return nil, err
	}
	object := func(required []string, properties ...yaml.MapItem) yaml.MapSlice {
		s := yaml.MapSlice{{Key: "type", Value: "object"}}
		if len(required) > 0 {
			s = append(s, yaml.MapItem{Key: "required", Value: required})
		}
		return append(s, yaml.MapItem{Key: "properties", Value: yaml.MapSlice(properties)}, yaml.MapItem{Key: "additionalProperties", Value: false})
	}
	array := func(items yaml.MapSlice) yaml.MapSlice {
		return yaml.MapSlice{{Key: "type", Value: "array"}, {Key: "items", Value: items}}
	}
	described := func(name string, kind any, doc string) yaml.MapItem {
		s := yaml.MapSlice{{Key: "description", Value: doc}}
		if kind != nil {
			s = append(yaml.MapSlice{{Key: "type", Value: kind}}, s...)
		}
		return yaml.MapItem{Key: name, Value: s}
	}
	request := array(object([]string{"method"},
		described("method", "string", "A command, such as `channels.get` or `diary.events.create`."),
		described("params", []string{"object", "array"}, "Its parameters; those of its path as `id`. An array for methods that take one.")))
	answer := array(object(nil,
		described("result", nil, "What the method gives."),
		yaml.MapItem{Key: "error", Value: ref("schemas", "Error")}))
	m := &api.Method{ID: api.BatchCommand, Verb: http.MethodPost}
	responses := yaml.MapSlice{{Key: "200", Value: yaml.MapSlice{
		{Key: "description", Value: "A result or an error for each entry, in order."},
		{Key: "headers", Value: headersOf()},
		{Key: "content", Value: jsonContent(answer, given.Result)},
	}}}
	for _, status := range statusesOf(m, false) {
		responses = append(responses, yaml.MapItem{Key: statusKey(status), Value: ref("responses", responseName(status))})
	}
	return yaml.MapSlice{
		{Key: "operationId", Value: api.BatchCommand},
		{Key: "summary", Value: api.BatchCommand},
		{Key: "description", Value: "Runs commands in order, each on its own: one that fails stops no other."},
		{Key: "tags", Value: []string{tagOf(m).name}},
		{Key: "requestBody", Value: yaml.MapSlice{{Key: "required", Value: true}, {Key: "content", Value: jsonContent(request, given.Body)}}},
		{Key: "responses", Value: append(responses, yaml.MapItem{Key: "default", Value: ref("responses", "Failure")})},
	}, nil
}
