package openapi_test

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/api"
	"github.com/activityd/activityd/internal/openapi"
	"github.com/getkin/kin-openapi/openapi3"
)

// TestFile holds the file that is checked in to the table.
func TestFile(t *testing.T) {
	made, err := openapi.YAML(openapi.Table())
	if err != nil {
		t.Fatal(err)
	}
	kept, err := os.ReadFile("../../api-docs/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(made, kept) {
		t.Error("api-docs/openapi.yaml is not what the method table says: run `make openapi` and commit the file")
	}
}

// TestFileIsOpenAPI asks a library that knows version 3.1.
func TestFileIsOpenAPI(t *testing.T) {
	text, err := openapi.YAML(openapi.Table())
	if err != nil {
		t.Fatal(err)
	}
	document, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	// Alternatives that both match, such as /channels/{id} and
	// /{channelId}/events, are told apart by their literal parts.
	if err := document.Validate(t.Context(), openapi3.EnableExamplesValidation()); err != nil {
		t.Error(err)
	}
}

func TestSameTableSameBytes(t *testing.T) {
	first, err := openapi.YAML(openapi.Table())
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		again, err := openapi.YAML(openapi.Table())
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first, again) {
			t.Fatal("two runs give different bytes")
		}
	}
}

// TestEveryExampleHasItsMethod finds examples of methods that are gone.
func TestEveryExampleHasItsMethod(t *testing.T) {
	known := map[string]bool{api.BatchCommand: true}
	for _, m := range openapi.Table() {
		known[m.ID] = true
	}
	files, err := filepath.Glob("examples/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if id := strings.TrimSuffix(filepath.Base(file), ".json"); !known[id] {
			t.Errorf("%s is the example of no method", file)
		}
	}
}

// ownText writes its own JSON and does not describe it.
type ownText struct{ _ int }

func (ownText) MarshalJSON() ([]byte, error) { return []byte(`"x"`), nil }

// TestIncompleteRows are refused with the name of the row.
func TestIncompleteRows(t *testing.T) {
	none, empty := reflect.TypeFor[api.None](), reflect.TypeFor[api.Empty]()
	tests := map[string]struct {
		row  api.Method
		want string
	}{
		"no sentence": {api.Method{ID: "root.get", Params: none, Result: empty}, "root.get: the row has no Doc"},
		"no schema": {
			api.Method{ID: "root.get", Doc: "Does it.", Path: "/", Verb: "GET", Params: none, Result: reflect.TypeFor[ownText]()},
			"openapi_test.ownText writes its own JSON: give it a method JSONSchema() string",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := openapi.YAML([]*api.Method{&test.row})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}
