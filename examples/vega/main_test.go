package main

import (
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/servertest"
)

// TestImport loads both data sets twice into a real server and compares the
// counts with those of the files, taken by other means.
func TestImport(t *testing.T) {
	s := servertest.Start(t, servertest.Build(t), filepath.Join(t.TempDir(), "data"), "--registration", "open")
	res, err := http.Post(s.URL+"/users", "application/json",
		strings.NewReader(`{"username": "alice", "password": "a good long one", "email": "alice@example.org"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var made struct{ Token string }
	if err := json.Unmarshal(text, &made); err != nil || made.Token == "" {
		t.Fatalf("make a user: %s %s", res.Status, text)
	}
	for range 2 {
		var out strings.Builder
		args := []string{"--data", "node_modules/vega-datasets/data", "--token", made.Token, s.URL + "/alice"}
		if err := run(t.Context(), args, &out); err != nil {
			t.Fatal(err)
		}
		t.Log("\n" + out.String())
		for _, want := range []string{
			`(?m)^weather\s+5844 events`, `(?m)^earthquakes\s+1707 events`,
			`first week of July 2014\s+28 events`, `folder wind\s+1461 events`, `tag snow\s+104 events`,
			`temperatures of 2015\s+730 events`, `earthquakes: all\s+1707 events`, `net ak\s+297 events`,
		} {
			if !regexp.MustCompile(want).MatchString(out.String()) {
				t.Errorf("nothing matches %q", want)
			}
		}
	}
}
