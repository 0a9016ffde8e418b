package openapi_test

import (
	"os"
	"regexp"
	"strconv"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api/rest"
)

// errorRow is a row of the README's table of errors.
var errorRow = regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\| (\\d{3}) \\|")

// TestReadmeErrors holds the table to the codes.
func TestReadmeErrors(t *testing.T) {
	text, err := os.ReadFile("../../api-docs/README.md")
	if err != nil {
		t.Fatal(err)
	}
	told := map[activity.Code]int{}
	for _, row := range errorRow.FindAllStringSubmatch(string(text), -1) {
		status, err := strconv.Atoi(row[2])
		if err != nil {
			t.Fatal(err)
		}
		told[activity.Code(row[1])] = status
	}
	for _, code := range activity.Codes() {
		if told[code] != rest.StatusOf(code) {
			t.Errorf("%s: the README says %d, the table %d", code, told[code], rest.StatusOf(code))
		}
		delete(told, code)
	}
	if len(told) > 0 {
		t.Errorf("the README has errors that are none: %v", told)
	}
}
