package openapi

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/activityd/activityd/internal/api"
	"github.com/activityd/activityd/internal/api/params"
	"github.com/goccy/go-yaml"
)

// paths gives the operations by path and verb, in the order of the table.
func (c *components) paths(methods []*api.Method) (yaml.MapSlice, error) {
	var all yaml.MapSlice
	at := map[string]int{}
	add := func(path, verb string, operation yaml.MapSlice) {
		i, ok := at[path]
		if !ok {
			i, at[path] = len(all), len(all)
			all = append(all, yaml.MapItem{Key: path, Value: yaml.MapSlice{}})
		}
		operations, _ := all[i].Value.(yaml.MapSlice)
		all[i].Value = append(operations, yaml.MapItem{Key: strings.ToLower(verb), Value: operation})
	}
	versioned := map[string]bool{} // paths whose item has an ETag
	for _, m := range methods {
		versioned[m.Path] = versioned[m.Path] || isVersioned(m.Result)
	}
	for _, m := range methods {
		operation, err := c.operation(m, versioned[m.Path])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.ID, err)
		}
		add(m.Path, m.Verb, operation)
		if m.ID == "root.get" {
			batch, err := c.batch()
			if err != nil {
				return nil, err
			}
			add("/", http.MethodPost, batch)
		}
	}
	return all, nil
}

// operation describes one row. versioned says that the item of its path has an
// ETag.
func (c *components) operation(m *api.Method, versioned bool) (yaml.MapSlice, error) {
	if m.Doc == "" {
		return nil, fmt.Errorf("the row has no Doc: say in one sentence what the method does")
	}
	example, err := exampleOf(m.ID)
	if err != nil {
		return nil, err
	}
	o := yaml.MapSlice{
		{Key: "operationId", Value: m.ID},
		{Key: "summary", Value: m.ID},
		{Key: "description", Value: descriptionOf(m)},
		{Key: "tags", Value: []string{tagOf(m).name}},
	}
	o = append(o, extensions(m)...)
	switch m.Root {
	case api.ServiceRoot:
		o = append(o, yaml.MapItem{Key: "servers", Value: serviceServers()})
	case api.BothRoots:
		o = append(o, yaml.MapItem{Key: "servers", Value: append(userServers(), serviceServers()...)})
	}
	if m.Public {
		o = append(o, yaml.MapItem{Key: "security", Value: []any{}})
	}
	request, err := c.request(m, versioned, example)
	if err != nil {
		return nil, err
	}
	responses, err := c.responses(m, versioned, example)
	return append(append(o, request...), yaml.MapItem{Key: "responses", Value: responses}), err
}

func descriptionOf(m *api.Method) string {
	text := m.Doc
	if !m.NoBatch && m.Root != api.ServiceRoot {
		text += fmt.Sprintf("\n\nOn a socket and in a batch: `%s`.", m.Command())
	}
	if len(m.Aliases) > 0 {
		text += fmt.Sprintf("\n\nAlso at `%s`.", strings.Join(m.Aliases, "`, `"))
	}
	return text
}

// extensions name the other doors of a method.
func extensions(m *api.Method) yaml.MapSlice {
	var x yaml.MapSlice
	if !m.NoBatch {
		x = append(x, yaml.MapItem{Key: "x-command", Value: m.Command()})
	}
	if len(m.Also) > 0 {
		x = append(x, yaml.MapItem{Key: "x-command-aliases", Value: m.Also})
	}
	if len(m.Aliases) > 0 {
		x = append(x, yaml.MapItem{Key: "x-path-aliases", Value: m.Aliases})
	}
	return x
}

// InBody reports whether a method's parameters stand in its body; else they
// stand in the query. What stands in the path is the same for all.
func InBody(m *api.Method) bool { return m.Verb == http.MethodPost || m.Verb == http.MethodPut }

// request describes parameters and body.
func (c *components) request(m *api.Method, versioned bool, e example) (yaml.MapSlice, error) {
	var listed []any
	for _, f := range params.PlanOf(m.Params).Fields() {
		if InBody(m) && !f.InPath {
			continue
		}
		p, err := c.queryOrPath(f, e)
		if err != nil {
			return nil, err
		}
		listed = append(listed, p)
	}
	switch {
	case versioned && m.Verb == http.MethodGet:
		listed = append(listed, ref("parameters", "IfNoneMatch"))
	case versioned && (m.Verb == http.MethodPut || m.Verb == http.MethodDelete):
		listed = append(listed, ref("parameters", "IfMatch"))
	}
	var o yaml.MapSlice
	if len(listed) > 0 {
		o = append(o, yaml.MapItem{Key: "parameters", Value: listed})
	}
	if !InBody(m) {
		return o, nil
	}
	body, err := c.body(m, e)
	if err != nil || body == nil {
		return o, err
	}
	return append(o, yaml.MapItem{Key: "requestBody", Value: body}), nil
}

// body describes the body of a method, nil for one that has none.
func (c *components) body(m *api.Method, e example) (yaml.MapSlice, error) {
	plan, of := params.PlanOf(m.Params), m.Params
	array := m.TakesArray()
	if array {
		of = plan.ElementsType()
		plan = params.PlanOf(of)
	}
	needed, empty := array, !plan.TakesRest()
	for _, f := range plan.Fields() {
		needed = needed || f.Required && !f.InPath
		empty = empty && f.InPath
	}
	if empty {
		return nil, nil
	}
	schema, err := c.object(plan)
	if err != nil {
		return nil, err
	}
	if schema, err = c.named(of, schema); err != nil {
		return nil, err
	}
	if array {
		schema = yaml.MapSlice{{Key: "type", Value: "array"}, {Key: "items", Value: schema}}
	}
	given := e.body(m)
	return yaml.MapSlice{{Key: "required", Value: needed}, {Key: "content", Value: jsonContent(schema, given)}}, nil
}

func (c *components) queryOrPath(f params.Field, e example) (yaml.MapSlice, error) {
	schema, err := c.parameter(f)
	if err != nil {
		return nil, err
	}
	in := "query"
	if f.InPath {
		in = "path"
	}
	p := yaml.MapSlice{
		{Key: "name", Value: f.Name},
		{Key: "in", Value: in},
		{Key: "description", Value: f.Doc},
	}
	if f.Required {
		p = append(p, yaml.MapItem{Key: "required", Value: true})
	}
	if member(schema, "type") == "array" {
		p = append(p, yaml.MapItem{Key: "style", Value: "form"}, yaml.MapItem{Key: "explode", Value: false})
	}
	p = append(p, yaml.MapItem{Key: "schema", Value: withDoc(schema, f.Doc)})
	if v := member(e.Params, f.Name); v != nil {
		p = append(p, yaml.MapItem{Key: "example", Value: v})
	}
	return p, nil
}

// responses describes the success and the errors of a method. Errors that come
// from anywhere stand under default.
func (c *components) responses(m *api.Method, versioned bool, e example) (yaml.MapSlice, error) {
	result, err := c.result(m.Result)
	if err != nil {
		return nil, fmt.Errorf("result: %w", err)
	}
	var more []string
	if isVersioned(m.Result) {
		more = append(more, "ETag")
	}
	all := yaml.MapSlice{{Key: statusKey(m.Status), Value: yaml.MapSlice{
		{Key: "description", Value: http.StatusText(m.Status)},
		{Key: "headers", Value: headersOf(more...)},
		{Key: "content", Value: jsonContent(result, e.Result)},
	}}}
	if isVersioned(m.Result) && m.Verb == http.MethodGet {
		all = append(all, yaml.MapItem{Key: statusKey(http.StatusNotModified), Value: yaml.MapSlice{
			{Key: "description", Value: "The item is as it was read."},
			{Key: "headers", Value: headersOf("ETag")},
		}})
	}
	for _, status := range statusesOf(m, versioned) {
		all = append(all, yaml.MapItem{Key: statusKey(status), Value: ref("responses", responseName(status))})
	}
	return append(all, yaml.MapItem{Key: "default", Value: ref("responses", "Failure")}), nil
}

// statusesOf gives the statuses of errors that are told for each method. A
// default covers the rest.
func statusesOf(m *api.Method, versioned bool) []int {
	statuses := []int{http.StatusBadRequest}
	if !m.Public || m.Verb == http.MethodPost {
		statuses = append(statuses, http.StatusUnauthorized)
	}
	if !m.Public {
		statuses = append(statuses, http.StatusForbidden)
	}
	if m.Root != api.ServiceRoot {
		statuses = append(statuses, http.StatusNotFound)
	}
	if versioned && (m.Verb == http.MethodPut || m.Verb == http.MethodDelete) {
		statuses = append(statuses, http.StatusConflict)
	}
	if strings.HasPrefix(m.ID, "changes.") {
		statuses = append(statuses, http.StatusGone)
	}
	if InBody(m) {
		statuses = append(statuses, http.StatusRequestEntityTooLarge)
	}
	return statuses
}
