package main_test

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/servertest"
)

// TestDocs opens /docs in a browser: the explorer shows a method of the table,
// nothing goes wrong in it, and no request leaves the origin.
func TestDocs(t *testing.T) {
	s := servertest.Start(t, servertest.Build(t), filepath.Join(t.TempDir(), "data"))
	visit := exec.CommandContext(t.Context(), "node", "visit.mjs", s.URL+"/docs#tag/events/POST/{channelId}/events", "events.create")
	visit.Dir = "../../web"
	var problem strings.Builder
	visit.Stderr = &problem
	out, err := visit.Output()
	if err != nil {
		t.Fatalf("visit /docs: %v\n%s\n(`make web` builds the pages; they need Node and Chromium)", err, problem.String())
	}
	var seen struct {
		Title              string
		Requests, Problems []string
	}
	if err := json.Unmarshal(out, &seen); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if seen.Title != "The API of activityd" || len(seen.Problems) > 0 {
		t.Errorf("the page is called %q and had the problems %q", seen.Title, seen.Problems)
	}
	if len(seen.Requests) < 4 {
		t.Errorf("the page asked for %q only", seen.Requests)
	}
	for _, address := range seen.Requests {
		inside := strings.HasPrefix(address, s.URL+"/") || strings.HasPrefix(address, "data:") || strings.HasPrefix(address, "blob:"+s.URL+"/")
		if !inside {
			t.Errorf("a request left the origin: %s", address)
		}
	}
}

// asset is the address of a script in the built page.
var asset = regexp.MustCompile(`/docs/assets/explorer-[0-9a-f]+\.js`)

// TestDocsAssets are compressed for those who take it, and kept.
func TestDocsAssets(t *testing.T) {
	s := servertest.Start(t, servertest.Build(t), filepath.Join(t.TempDir(), "data"))
	page, err := os.ReadFile("../../internal/console/docs/built/index.html")
	if err != nil {
		t.Fatalf("the pages are not built: run `make web`: %v", err)
	}
	path := asset.FindString(string(page))
	for _, coding := range []string{"gzip", "identity"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept-Encoding", coding)
		res, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		h := res.Header
		packed := h.Get("Content-Encoding") == "gzip"
		if res.StatusCode != http.StatusOK || packed != (coding == "gzip") || h.Get("Content-Type") != "text/javascript; charset=utf-8" ||
			h.Get("Cache-Control") != "public, max-age=31536000, immutable" || h.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s: %d %v", coding, res.StatusCode, h)
		}
	}
}
