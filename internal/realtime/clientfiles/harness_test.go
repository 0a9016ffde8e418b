package clientfiles_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"testing/fstest"

	"github.com/activityd/activityd/internal/realtime/clientfiles"
)

// built serves what web/ built.
func built(t *testing.T, version clientfiles.Version) *clientfiles.Files {
	t.Helper()
	content(t, "4/socket.io.js")
	f, err := clientfiles.New(version)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// content is a file as web/ built it.
func content(t *testing.T, path string) string {
	t.Helper()
	bytes, err := os.ReadFile("files/built/" + path)
	if err != nil {
		t.Fatalf("the clients are not built: run `make web`: %v", err)
	}
	return string(bytes)
}

// fake serves small files in place of the clients.
func fake(t testing.TB, files map[string]string) *clientfiles.Files {
	t.Helper()
	fsys := fstest.MapFS{"files/notice.txt": {Data: []byte("the notice\n")}}
	for path, text := range files {
		fsys["files/built/"+path] = &fstest.MapFile{Data: []byte(text)}
	}
	f, err := clientfiles.Open(clientfiles.Version4, fsys)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// coded is the plain client of 4.x in every coding.
func coded() map[string]string {
	return map[string]string{
		"4/socket.io.js":    "the plain file",
		"4/socket.io.js.gz": "its gzip",
		"4/socket.io.js.br": "its br",
	}
}

// ask makes a request for a name, or for a whole path if it begins with "/".
func ask(t testing.TB, f http.Handler, verb, name string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	if name[0] != '/' {
		name = "/socket.io/" + name
	}
	r := httptest.NewRequest(verb, name, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	return w
}
