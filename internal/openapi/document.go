package openapi

import (
	"fmt"
	"regexp"
	"strconv"

	"github.com/activityd/activityd/internal/api"
	"github.com/goccy/go-yaml"
)

// Table gives the method table. Its methods can be read, not called.
func Table() []*api.Method { return api.New(api.Options{}).Methods() }

// blankEnds are the spaces that the encoder leaves at the ends of lines.
var blankEnds = regexp.MustCompile(` +\n`)

// YAML gives the description of the methods as the file has it: the same bytes
// for the same table. It fails for a row without a sentence, an example or a
// schema, and names it.
func YAML(methods []*api.Method) ([]byte, error) {
	document, err := Document(methods)
	if err != nil {
		return nil, err
	}
	plain := yaml.CustomMarshaler(func(f float64) ([]byte, error) { return strconv.AppendFloat(nil, f, 'f', -1, 64), nil })
	text, err := yaml.MarshalWithOptions(document, plain, yaml.UseLiteralStyleIfMultiline(true), yaml.IndentSequence(true))
	if err != nil {
		return nil, fmt.Errorf("write the API's description: %w", err)
	}
	text = blankEnds.ReplaceAll(text, []byte("\n"))
	head := "# Made from the method table by `make openapi`. Do not edit: a test compares.\n"
	return append([]byte(head), text...), nil
}

// Document gives the description as YAML's ordered maps and slices.
func Document(methods []*api.Method) (yaml.MapSlice, error) {
	c := components{byName: map[string]component{}}
	paths, err := c.paths(methods)
	if err != nil {
		return nil, err
	}
	return yaml.MapSlice{
		{Key: "openapi", Value: "3.1.0"},
		{Key: "info", Value: yaml.MapSlice{
			{Key: "title", Value: "activityd"},
			{Key: "version", Value: api.Version},
			{Key: "summary", Value: "A self-hosted backend for personal activity data."},
			{Key: "description", Value: introduction},
		}},
		{Key: "servers", Value: userServers()},
		{Key: "security", Value: anySecurity()},
		{Key: "tags", Value: tagsOf(methods)},
		{Key: "paths", Value: paths},
		{Key: "components", Value: yaml.MapSlice{
			{Key: "schemas", Value: c.schemas()},
			{Key: "responses", Value: errorResponses()},
			{Key: "parameters", Value: conditions()},
			{Key: "headers", Value: headers()},
			{Key: "securitySchemes", Value: securitySchemes()},
		}},
	}, nil
}

// ref points to a component.
func ref(kind, name string) yaml.MapSlice {
	return yaml.MapSlice{{Key: "$ref", Value: "#/components/" + kind + "/" + name}}
}
