package api

// What follows describes the JSON of types whose encoding Go's reflection does
// not show, as activity does for its own.

// JSONSchema describes a reference to a folder.
func (FolderRef) JSONSchema() string {
	return `{"type": ["string", "null"], "minLength": 1, "description": "A folder's id, or null for none."}`
}

// JSONSchema describes both forms of a selection by type.
func (TypeFilter) JSONSchema() string {
	return `{"description": "class/format or class/*.", "oneOf": [
		{"type": "string", "pattern": "^[A-Za-z0-9._-]{1,100}/([*]|[A-Za-z0-9._-]{1,100})$"},
		{"type": "object", "required": ["class", "format"], "additionalProperties": false, "properties": {
			"class": {"type": "string", "minLength": 1, "maxLength": 100},
			"format": {"type": "string", "minLength": 1, "maxLength": 100}}}]}`
}

// JSONSchema describes a username of a new user.
func (NewUsername) JSONSchema() string {
	return `{"type": "string", "minLength": 5, "maxLength": 21, "pattern": "^[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9]$"}`
}

// JSONSchema describes a password that may be set.
func (NewPassword) JSONSchema() string {
	return `{"type": "string", "format": "password", "minLength": 8, "maxLength": 256}`
}

// JSONSchema describes an email address.
func (Email) JSONSchema() string {
	return `{"type": "string", "maxLength": 254, "pattern": "^[^ ]+@[^ ]+$"}`
}

// JSONSchema describes a language tag.
func (Language) JSONSchema() string {
	return `{"type": "string", "maxLength": 20, "pattern": "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$"}`
}

// JSONSchema describes a token that a client chooses.
func (GivenToken) JSONSchema() string {
	return `{"type": "string", "minLength": 16, "description": "At least 16 letters and digits."}`
}

// JSONSchema describes what is ignored.
func (vain) JSONSchema() string { return `{}` }

// JSONSchema describes an event, with what its recording has stopped.
func (v EventView) JSONSchema() string { return v.Event.JSONSchema() }

// JSONSchema describes a list of events.
func (Stream) JSONSchema() string {
	return `{"type": "array", "items": {"anyOf": [
		{"$ref": "#/components/schemas/Event"},
		{"type": "object", "title": "DeletedEvent", "description": "With includeDeletions: an event that was deleted.",
			"required": ["id", "deleted"], "additionalProperties": false, "properties": {
			"id": {"type": "string", "format": "uuid"},
			"deleted": {"type": "number", "description": "When it was deleted."}}}]}}`
}

// JSONSchema describes a folder with those below it.
func (FolderView) JSONSchema() string {
	return `{"type": "object",
	"required": ["id", "channelId", "name", "parentId", "hidden", "clientData", "trashed", "children", "created", "modified"],
	"properties": {
		"id": {"type": "string", "description": "Unique in the channel."},
		"channelId": {"type": "string"},
		"name": {"type": "string", "description": "Unique among its siblings."},
		"parentId": {"type": ["string", "null"], "description": "The folder that it stands in; null for a root, and for what the access sees as one."},
		"hidden": {"type": "boolean", "description": "Whether lists leave it out, with all below it, unless they are asked for hidden ones."},
		"clientData": {"type": "object", "description": "What clients keep with it."},
		"trashed": {"type": "boolean", "description": "Whether it is in the trash itself."},
		"children": {"type": "array", "items": {"$ref": "#/components/schemas/Folder"}, "description": "The folders in it, by name."},
		"timeCount": {"type": "number", "description": "With timeCountBase: how long the periods in it and below lasted since then, in seconds."},
		"created": {"type": "number"},
		"modified": {"type": "number"}}}`
}

// JSONSchema describes a list of folders.
func (FolderTree) JSONSchema() string {
	return `{"type": "array", "items": {"$ref": "#/components/schemas/Folder"}}`
}

// JSONSchema describes what became of many new events.
func (BatchCreated) JSONSchema() string {
	return `{"type": "object", "description": "By tempRefId, what became of each event.", "additionalProperties": {"oneOf": [
		{"type": "object", "required": ["id"], "additionalProperties": false, "properties": {
			"id": {"type": "string", "format": "uuid"},
			"stoppedId": {"type": "string", "format": "uuid", "description": "The running period that this one ended."}}},
		{"type": "object", "required": ["error"], "additionalProperties": false, "properties": {"error": {"$ref": "#/components/schemas/Error"}}}]}}`
}
