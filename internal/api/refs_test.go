package api_test

import (
	"encoding/json"
	"testing"

	"github.com/activityd/activityd/internal/api"
)

// FuzzReferences holds what names folders and types in parameters: nothing
// panics, and text and JSON agree on what is accepted.
func FuzzReferences(f *testing.F) {
	for _, seed := range []string{"", "null", "a", "mass/kg", "mass/*", "/", "*/*", "a/b/c", "\x00", "\xff", `{"class":"a","format":"*"}`, `"a"`, "5"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var folder api.FolderRef
		var filter api.TypeFilter
		_, _ = folder.UnmarshalJSON(b), filter.UnmarshalJSON(b) // must not panic
		quoted, err := json.Marshal(string(b))
		if err != nil {
			t.Fatal(err)
		}
		if json.Unmarshal(quoted, new(string)) != nil || string(b) != decode[string](t, string(quoted)) {
			return // not UTF-8
		}
		var textFolder, jsonFolder api.FolderRef
		var textFilter, jsonFilter api.TypeFilter
		if (textFolder.UnmarshalText(b) == nil) != (jsonFolder.UnmarshalJSON(quoted) == nil) || textFolder != jsonFolder {
			t.Errorf("%q is the folder %q as text and %q as JSON", b, textFolder, jsonFolder)
		}
		if (textFilter.UnmarshalText(b) == nil) != (jsonFilter.UnmarshalJSON(quoted) == nil) || textFilter != jsonFilter {
			t.Errorf("%q is the type %v as text and %v as JSON", b, textFilter, jsonFilter)
		}
	})
}
