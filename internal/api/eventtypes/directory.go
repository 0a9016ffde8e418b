package eventtypes

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/activityd/activityd/internal/activity"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

//go:embed types/*.json
var files embed.FS

// Directory is the event types that are known. It never changes and is safe
// for use by many goroutines.
type Directory struct {
	schemas map[activity.Type]*jsonschema.Schema
	text    []byte
	tag     string
}

// class is a file of types/.
type class struct {
	Description string                     `json:"description"`
	Formats     map[string]json.RawMessage `json:"formats"` // a schema each
}

// New reads the directory and compiles its schemas. It panics when one is not
// right: they are part of the program.
func New() *Directory {
	schemas := map[activity.Type]json.RawMessage{}
	err := fs.WalkDir(files, "types", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		return readClass(path, strings.TrimSuffix(entry.Name(), ".json"), schemas)
	})
	if err != nil {
		panic(fmt.Sprintf("eventtypes: %v", err))
	}
	text := directoryText(schemas)
	sum := sha256.Sum256(text)
	return &Directory{
		schemas: compileAll(schemas), text: text,
		tag: `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`,
	}
}

func readClass(path, name string, schemas map[activity.Type]json.RawMessage) error {
	text, err := files.ReadFile(path)
	if err != nil {
		return err
	}
	var c class
	if err := json.Unmarshal(text, &c); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for format, schema := range c.Formats {
		t, fault := activity.ParseType(name + "/" + format)
		if fault != nil {
			return fmt.Errorf("%s: %s: %w", path, format, fault)
		}
		schemas[t] = schema
	}
	return nil
}

// directoryText gives the directory as clients get it: {"types": {…}}, by name.
func directoryText(schemas map[activity.Type]json.RawMessage) []byte {
	types := slices.SortedFunc(maps.Keys(schemas), func(a, b activity.Type) int {
		return strings.Compare(a.String(), b.String())
	})
	b := []byte(`{"types":{`)
	for i, t := range types {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(activity.AppendString(b, t.String()), ':')
		b = append(b, activity.Compact(schemas[t])...)
	}
	return append(b, "}}"...)
}

// compileAll compiles each schema once, however many types have it.
func compileAll(texts map[activity.Type]json.RawMessage) map[activity.Type]*jsonschema.Schema {
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	same := map[string]*jsonschema.Schema{}
	schemas := make(map[activity.Type]*jsonschema.Schema, len(texts))
	for t, text := range texts {
		rules := rulesOf(text)
		if same[rules] == nil {
			same[rules] = compile(compiler, fmt.Sprintf("mem:///%d", len(same)), rules)
		}
		schemas[t] = same[rules]
	}
	return schemas
}

// rulesOf gives a schema without the words at its top that say nothing of what
// is valid.
func rulesOf(schema json.RawMessage) string {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(schema, &members); err != nil {
		panic(fmt.Sprintf("eventtypes: %s: %v", schema, err))
	}
	delete(members, "title")
	delete(members, "description")
	rules, err := json.Marshal(members)
	if err != nil {
		panic(fmt.Sprintf("eventtypes: %s: %v", schema, err))
	}
	return string(rules)
}

func compile(compiler *jsonschema.Compiler, url, rules string) *jsonschema.Schema {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(rules)))
	if err == nil {
		err = compiler.AddResource(url, doc)
	}
	if err != nil {
		panic(fmt.Sprintf("eventtypes: %s: %v", rules, err))
	}
	schema, err := compiler.Compile(url)
	if err != nil {
		panic(fmt.Sprintf("eventtypes: %s: %v", rules, err))
	}
	return schema
}

// JSON gives {"types": {"class/format": schema, …}}. It must not be changed.
func (d *Directory) JSON() []byte { return d.text }

// Tag gives an entity tag of the directory, with its quotes: another one for
// another content.
func (d *Directory) Tag() string { return d.tag }

// Types gives all types, by name.
func (d *Directory) Types() []activity.Type {
	return slices.SortedFunc(maps.Keys(d.schemas), func(a, b activity.Type) int {
		return strings.Compare(a.String(), b.String())
	})
}
