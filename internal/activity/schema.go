package activity

// What follows describes the JSON of types whose encoding Go's reflection does
// not show: each JSONSchema gives a JSON Schema (2020-12), of what is accepted
// where that is more than what is sent. The API's description is made of them.

// JSONSchema describes a time.
func (Timestamp) JSONSchema() string {
	return `{"type": "number", "description": "A time in seconds since 1970-01-01 UTC. Fractions and times before 1970 are valid."}`
}

// JSONSchema describes a duration where there is one.
func (Duration) JSONSchema() string {
	return `{"type": ["number", "null"], "minimum": 0, "description": "How long a period lasts, in seconds; null while it runs. A point in time has none."}`
}

// JSONSchema describes both forms that are accepted.
func (Type) JSONSchema() string {
	return `{"description": "What an event's value is.", "oneOf": [
		{"type": "string", "pattern": "^[A-Za-z0-9._-]{1,100}/[A-Za-z0-9._-]{1,100}$", "description": "class/format, such as mass/kg."},
		{"type": "object", "required": ["class", "format"], "additionalProperties": false, "properties": {
			"class": {"type": "string", "minLength": 1, "maxLength": 100},
			"format": {"type": "string", "minLength": 1, "maxLength": 100}}}]}`
}

// JSONSchema describes any JSON value.
func (Value) JSONSchema() string {
	return `{"description": "Any JSON value; it comes back unchanged."}`
}

// JSONSchema describes any JSON object.
func (Object) JSONSchema() string {
	return `{"type": "object", "description": "Any JSON object, of at most 65,536 bytes."}`
}

// JSONSchema describes the words of the levels.
func (Level) JSONSchema() string {
	return `{"type": "string", "enum": ["read", "contribute", "manage"], "description": "How much is allowed: each level includes those before it."}`
}

// JSONSchema describes the types of accesses.
func (AccessType) JSONSchema() string {
	return `{"type": "string", "enum": ["personal", "app", "shared"], "description": "What an access is for: the account's owner, an app that he let in, or somebody it is shared with."}`
}

// JSONSchema describes a permission for a folder.
func (FolderPermission) JSONSchema() string {
	return `{"type": "object", "required": ["folderId", "level"], "properties": {
		"folderId": {"type": ["string", "null"], "description": "The folder, with all below it; null for events without a folder."},
		"level": {"type": "string", "enum": ["read", "contribute", "manage"]}}}`
}

// JSONSchema describes an event that is there, not a tombstone.
func (*Event) JSONSchema() string {
	return `{"type": "object",
	"required": ["id", "channelId", "time", "type", "folderId", "tags", "attachments", "clientData", "trashed", "created", "modified", "createdBy", "modifiedBy"],
	"properties": {
		"id": {"type": "string", "format": "uuid", "description": "Sorts by the time of creation, where the service made it."},
		"channelId": {"type": "string"},
		"time": {"type": "number", "description": "When it happened or began, in seconds since 1970-01-01 UTC."},
		"duration": {"type": ["number", "null"], "minimum": 0, "description": "Absent: a point in time. A number: a period of so many seconds. Null: a period that runs."},
		"type": {"type": "object", "required": ["class", "format"], "properties": {"class": {"type": "string"}, "format": {"type": "string"}}, "description": "What the value is."},
		"value": {"description": "Any JSON value; absent when none was given."},
		"folderId": {"type": ["string", "null"], "description": "The folder that it stands in; null for none."},
		"tags": {"type": "array", "maxItems": 100, "items": {"type": "string", "maxLength": 200}},
		"description": {"type": "string", "maxLength": 65536, "description": "A text about it; absent when none was given."},
		"attachments": {"type": "object", "description": "Its files, by the name of the part that brought each.", "additionalProperties": {
			"type": "object", "required": ["fileName", "type", "size"], "properties": {
				"fileName": {"type": "string"},
				"type": {"type": "string", "description": "The media type."},
				"size": {"type": "integer", "minimum": 0, "description": "In bytes."}}}},
		"clientData": {"type": "object", "description": "What clients keep with it."},
		"trashed": {"type": "boolean", "description": "Whether it is in the trash."},
		"created": {"type": "number", "description": "When it was recorded."},
		"modified": {"type": "number", "description": "When it was changed last; rises strictly over all items of a user."},
		"createdBy": {"type": "string", "description": "The name that the access had which recorded it; of a sign-in its appId."},
		"modifiedBy": {"type": "string", "description": "The name that the access had which changed it last."},
		"stoppedId": {"type": "string", "format": "uuid", "description": "In answers to writes: the running period that this one ended. Absent for none, or when the access does not see it."}}}`
}
