package openapi

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api/rest"
	"github.com/goccy/go-yaml"
)

// codesOf gives the error ids that come with a status.
func codesOf(status int) []string {
	var ids []string
	for _, code := range activity.Codes() {
		if rest.StatusOf(code) == status || code == activity.CodeUnknownFolder && status == http.StatusNotFound {
			ids = append(ids, string(code))
		}
	}
	if status == http.StatusMisdirectedRequest {
		ids = append(ids, string(activity.CodeUnknownResource))
	}
	return ids
}

// errorStatuses gives the statuses of errors, in order.
func errorStatuses() []int {
	statuses := []int{http.StatusMisdirectedRequest}
	for _, code := range activity.Codes() {
		if s := rest.StatusOf(code); !slices.Contains(statuses, s) {
			statuses = append(statuses, s)
		}
	}
	slices.Sort(statuses)
	return statuses
}

// responseName names the component of a status, such as NotFound.
func responseName(status int) string {
	return strings.ReplaceAll(http.StatusText(status), " ", "")
}

// errorSchemas describes the error object and a fault in it.
func errorSchemas() yaml.MapSlice {
	var ids []string
	table := "The error object of every failure, on sockets and in batches too.\n\n| status | id |\n|---|---|\n"
	for _, status := range errorStatuses() {
		table += fmt.Sprintf("| %d | `%s` |\n", status, strings.Join(codesOf(status), "`, `"))
	}
	for _, code := range activity.Codes() {
		ids = append(ids, string(code))
	}
	text := func(doc string) yaml.MapSlice {
		return yaml.MapSlice{{Key: "type", Value: "string"}, {Key: "description", Value: doc}}
	}
	list := func(of any) yaml.MapSlice {
		return yaml.MapSlice{{Key: "type", Value: "array"}, {Key: "items", Value: of}}
	}
	return yaml.MapSlice{
		{Key: "Error", Value: yaml.MapSlice{
			{Key: "type", Value: "object"},
			{Key: "description", Value: table},
			{Key: "required", Value: []string{"id", "message"}},
			{Key: "properties", Value: yaml.MapSlice{
				{Key: "id", Value: append(text("What went wrong: stable, for programs."), yaml.MapItem{Key: "enum", Value: ids})},
				{Key: "message", Value: text("What to do about it: one sentence, for the developer.")},
				{Key: "data", Value: yaml.MapSlice{
					{Key: "description", Value: "Details: an object, or for `invalid-parameters-format` every fault."},
					{Key: "anyOf", Value: []any{yaml.MapSlice{{Key: "type", Value: "object"}}, list(ref("schemas", "Fault"))}},
				}},
				{Key: "subErrors", Value: list(ref("schemas", "Error"))},
			}},
		}},
		{Key: "Fault", Value: yaml.MapSlice{
			{Key: "type", Value: "object"},
			{Key: "description", Value: "One wrong value in a request."},
			{Key: "required", Value: []string{"path", "code", "message"}},
			{Key: "properties", Value: yaml.MapSlice{
				{Key: "path", Value: text("Where it stands, such as `tags[3]`; empty for the whole.")},
				{Key: "code", Value: text("What is wrong, such as `type`, `unknown`, `minimum`.")},
				{Key: "message", Value: text("What to do about it: one sentence.")},
			}},
		}},
	}
}

// errorResponses describes the answers of errors, one for each status.
func errorResponses() yaml.MapSlice {
	var all yaml.MapSlice
	for _, status := range errorStatuses() {
		ids := codesOf(status)
		schema := yaml.MapSlice{
			{Key: "allOf", Value: []any{ref("schemas", "Error")}},
			{Key: "properties", Value: yaml.MapSlice{{Key: "id", Value: yaml.MapSlice{{Key: "enum", Value: ids}}}}},
		}
		all = append(all, errorResponse(responseName(status), "`"+strings.Join(ids, "`, `")+"`", schema, statusHeaders(status)...))
	}
	return append(all, errorResponse("Failure", "Another error: see its `id`.", ref("schemas", "Error"), "Retry-After", "Location"))
}

func errorResponse(name, doc string, schema yaml.MapSlice, more ...string) yaml.MapItem {
	return yaml.MapItem{Key: name, Value: yaml.MapSlice{
		{Key: "description", Value: doc},
		{Key: "headers", Value: headersOf(more...)},
		{Key: "content", Value: jsonContent(schema, nil)},
	}}
}

func statusHeaders(status int) []string {
	switch status {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return []string{"Retry-After"}
	case http.StatusMovedPermanently:
		return []string{"Location"}
	case http.StatusUnauthorized:
		return []string{"WWW-Authenticate"}
	case http.StatusMethodNotAllowed:
		return []string{"Allow"}
	}
	return nil
}

func statusKey(status int) string { return strconv.Itoa(status) }
