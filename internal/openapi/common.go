package openapi

import "github.com/goccy/go-yaml"

// header descriptions, in the order of the file.
func headers() yaml.MapSlice {
	header := func(name, kind, doc string) yaml.MapItem {
		return yaml.MapItem{Key: name, Value: yaml.MapSlice{
			{Key: "description", Value: doc},
			{Key: "schema", Value: yaml.MapSlice{{Key: "type", Value: kind}}},
		}}
	}
	return yaml.MapSlice{
		header("API-Version", "string", "The version of the API."),
		header("Server-Time", "number", "The server's time, in seconds since 1970-01-01 UTC."),
		header("X-Request-Id", "string", "Names the request in the server's log: the client's own, or one made up."),
		header("ETag", "string", "Changes with the item: for If-Match and If-None-Match."),
		header("Retry-After", "integer", "In how many seconds to try again."),
		header("Location", "string", "The address that holds the account now."),
		header("Allow", "string", "The methods that the path takes."),
		header("WWW-Authenticate", "string", "How to authenticate."),
	}
}

// headersOf refers to the headers of every answer and some more.
func headersOf(more ...string) yaml.MapSlice {
	var all yaml.MapSlice
	for _, name := range append([]string{"API-Version", "Server-Time", "X-Request-Id"}, more...) {
		all = append(all, yaml.MapItem{Key: name, Value: ref("headers", name)})
	}
	return all
}

// conditions describes the headers that make a request conditional.
func conditions() yaml.MapSlice {
	header := func(name, in, doc string) yaml.MapItem {
		return yaml.MapItem{Key: name, Value: yaml.MapSlice{
			{Key: "name", Value: in},
			{Key: "in", Value: "header"},
			{Key: "description", Value: doc},
			{Key: "schema", Value: yaml.MapSlice{{Key: "type", Value: "string"}}},
		}}
	}
	return yaml.MapSlice{
		header("IfMatch", "If-Match", "The ETag that was read: the request fails with `item-changed` if the item has changed since."),
		header("IfNoneMatch", "If-None-Match", "The ETag that was read: the answer is 304 if the item is the same."),
	}
}

func securitySchemes() yaml.MapSlice {
	scheme := func(name, doc string, more ...yaml.MapItem) yaml.MapItem {
		return yaml.MapItem{Key: name, Value: append(yaml.MapSlice(more), yaml.MapItem{Key: "description", Value: doc})}
	}
	set := func(key, value string) yaml.MapItem { return yaml.MapItem{Key: key, Value: value} }
	return yaml.MapSlice{
		scheme("bearer", "The token as a bearer's.", set("type", "http"), set("scheme", "bearer")),
		scheme("header", "The token alone in the header.", set("type", "apiKey"), set("in", "header"), set("name", "Authorization")),
		scheme("basic", "The token as the password; the name counts for nothing.", set("type", "http"), set("scheme", "basic")),
		scheme("query", "The token in the query, where no header can be sent.", set("type", "apiKey"), set("in", "query"), set("name", "auth")),
	}
}

// anySecurity says that any one of the schemes will do.
func anySecurity() []any {
	var all []any
	for _, scheme := range securitySchemes() {
		all = append(all, yaml.MapSlice{{Key: scheme.Key, Value: []any{}}})
	}
	return all
}

// userServers are the two places of a user's root.
func userServers() []any {
	return []any{
		server("{scheme}://{username}.{domain}", "A user's root, on a subdomain.", true),
		server("{scheme}://{domain}/{username}", "A user's root in path style, for hosts without wildcard DNS.", true),
	}
}

// serviceServers is the place of what belongs to no user.
func serviceServers() []any {
	return []any{server("{scheme}://{domain}", "The service's root.", false)}
}

func server(url, doc string, user bool) yaml.MapSlice {
	variable := func(name, value, doc string, enum ...string) yaml.MapItem {
		v := yaml.MapSlice{{Key: "default", Value: value}, {Key: "description", Value: doc}}
		if len(enum) > 0 {
			v = append(v, yaml.MapItem{Key: "enum", Value: enum})
		}
		return yaml.MapItem{Key: name, Value: v}
	}
	variables := yaml.MapSlice{
		variable("scheme", "http", "How the service is reached.", "http", "https"),
		variable("domain", "localhost:3000", "The service's domain, with its port."),
	}
	if user {
		variables = append(variables, variable("username", "alice", "Whose data."))
	}
	return yaml.MapSlice{{Key: "url", Value: url}, {Key: "description", Value: doc}, {Key: "variables", Value: variables}}
}

// jsonContent is a body of JSON; example is nil for none.
func jsonContent(schema yaml.MapSlice, example any) yaml.MapSlice {
	media := yaml.MapSlice{{Key: "schema", Value: schema}}
	if example != nil {
		media = append(media, yaml.MapItem{Key: "example", Value: example})
	}
	return yaml.MapSlice{{Key: "application/json", Value: media}}
}
