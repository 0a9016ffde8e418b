// Package validate holds requests and answers of tests to the description of
// the API. It is for tests: nothing of the product imports it.
package validate

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/activityd/activityd/internal/openapi"
	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Spec is the description of the API, ready to judge. It is safe for use by
// many goroutines.
type Spec struct {
	operations []*operation
}

// operation is one method as it is described.
type operation struct {
	verb     string
	segments []string // of its path; parameters in braces
	params   map[string]*parameter
	required []string // of the query
	body     *jsonschema.Schema
	needed   bool                          // the body
	answers  map[string]*jsonschema.Schema // by status, and "default"
}

// parameter is one of the path or the query.
type parameter struct {
	inPath bool
	kind   string // its JSON type, "" for one that is read as text
	items  string // of an array: the type of its items
	schema *jsonschema.Schema
}

// Load makes a Spec of the method table. In it, unlike in the file, objects of
// answers have no members but those that are described.
func Load() (*Spec, error) {
	document, err := read()
	if err != nil {
		return nil, err
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource(location, document); err != nil {
		return nil, err
	}
	var s Spec
	for path, item := range object(document, "paths") {
		operations, _ := item.(map[string]any)
		for verb := range operations {
			l := loader{compiler: compiler, document: document, at: []string{"paths", path, verb}}
			s.operations = append(s.operations, l.operation(path, verb)...)
			if l.err != nil {
				return nil, fmt.Errorf("%s %s: %w", verb, path, l.err)
			}
		}
	}
	return &s, nil
}

const location = "file:///openapi.json"

// read gives the description as JSON, its objects closed.
func read() (map[string]any, error) {
	text, err := openapi.YAML(openapi.Table())
	if err != nil {
		return nil, err
	}
	if text, err = yaml.YAMLToJSON(text); err != nil {
		return nil, fmt.Errorf("read the API's description: %w", err)
	}
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("read the API's description: %w", err)
	}
	document, _ := parsed.(map[string]any)
	for name, schema := range object(document, "components", "schemas") {
		if name != "Error" && name != "Fault" {
			closeObjects(schema)
		}
	}
	return document, nil
}

// closeObjects lets objects have their described members only.
func closeObjects(schema any) {
	switch s := schema.(type) {
	case []any:
		for _, element := range s {
			closeObjects(element)
		}
	case map[string]any:
		for _, member := range s {
			closeObjects(member)
		}
		_, described := s["properties"].(map[string]any)
		if _, said := s["additionalProperties"]; described && !said {
			s["additionalProperties"] = false
		}
	}
}

// object gives an object of the document, nil for none.
func object(document map[string]any, path ...string) map[string]any {
	for _, name := range path {
		document, _ = document[name].(map[string]any)
	}
	return document
}

// loader compiles the parts of one operation; its first error stays.
type loader struct {
	compiler *jsonschema.Compiler
	document map[string]any
	at       []string
	err      error
}

// operation gives the operation, once more for each further path it has.
func (l *loader) operation(path, verb string) []*operation {
	described := object(l.document, l.at...)
	o := &operation{verb: strings.ToUpper(verb), segments: split(path), params: map[string]*parameter{}, answers: map[string]*jsonschema.Schema{}}
	parameters, _ := described["parameters"].([]any)
	for i, p := range parameters {
		l.parameter(o, i, p)
	}
	if body := object(described, "requestBody"); body != nil {
		o.needed, _ = body["required"].(bool)
		o.body = l.compile(append(l.at, "requestBody", "content", jsonType, "schema"))
	}
	for status, answer := range object(described, "responses") {
		at := append(append([]string{}, l.at...), "responses", status)
		given, _ := answer.(map[string]any)
		if ref, ok := given["$ref"].(string); ok {
			at = strings.Split(strings.TrimPrefix(ref, "#/"), "/")
		}
		if object(l.document, append(at, "content")...) != nil {
			o.answers[status] = l.compile(append(at, "content", jsonType, "schema"))
		}
	}
	all := []*operation{o}
	aliases, _ := described["x-path-aliases"].([]any)
	for _, alias := range aliases {
		again := *o
		again.segments = split(fmt.Sprint(alias))
		all = append(all, &again)
	}
	return all
}

func (l *loader) parameter(o *operation, i int, given any) {
	described, _ := given.(map[string]any)
	name, _ := described["name"].(string)
	if name == "" {
		return // a header, by reference
	}
	schema := object(described, "schema")
	p := &parameter{inPath: described["in"] == "path"}
	p.kind, _ = schema["type"].(string)
	p.items, _ = object(schema, "items")["type"].(string)
	p.schema = l.compile(append(l.at, "parameters", fmt.Sprint(i), "schema"))
	o.params[name] = p
	if required, _ := described["required"].(bool); required && !p.inPath {
		o.required = append(o.required, name)
	}
}

func (l *loader) compile(at []string) *jsonschema.Schema {
	pointer := ""
	for _, name := range at {
		pointer += "/" + strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(name)
	}
	schema, err := l.compiler.Compile(location + "#" + pointer)
	if err != nil && l.err == nil {
		l.err = err
	}
	return schema
}

func split(path string) []string { return strings.Split(strings.Trim(path, "/"), "/") }
