package openapi

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/activityd/activityd/internal/api"
	"github.com/goccy/go-yaml"
)

//go:embed examples/*.json
var exampleFiles embed.FS

// example is a request and its answer. A file of the method's id holds it:
// {"params": {…}, "result": …}, params being path, query and body as one
// object, as a command has them. Of a body that is an array only the path
// stands there, and the array as "body".
type example struct {
	Params yaml.MapSlice
	Body   any // an array; nil for all but those
	Result any
}

// exampleOf gives the example of a method, an empty one where there is none: a
// test asks for it.
func exampleOf(id string) (example, error) {
	name := "examples/" + id + ".json"
	text, err := exampleFiles.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return example{}, nil
	}
	if err != nil {
		return example{}, err
	}
	file, err := ordered(text)
	if err != nil {
		return example{}, fmt.Errorf("%s: %w", name, err)
	}
	e := example{Result: member(file, "result"), Body: member(file, "body")}
	e.Params, _ = member(file, "params").(yaml.MapSlice)
	return e, nil
}

// body gives what the example sends in its body: what is not in the path.
func (e example) body(m *api.Method) any {
	if e.Body != nil {
		return e.Body
	}
	body := yaml.MapSlice{}
	for _, item := range e.Params {
		if name, _ := item.Key.(string); !strings.Contains(m.Path, "{"+name+"}") {
			body = append(body, item)
		}
	}
	return body
}
