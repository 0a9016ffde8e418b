package clientfiles

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"strings"
)

// embedded are a notice and, where web/ was built before, the clients: a folder
// for each generation, its files plain and compressed.
//
//go:embed files
var embedded embed.FS

// Version is a generation of the official client.
type Version string

// The generations that are served.
const (
	Version4  Version = "4"   // the newest 4.x
	Version2  Version = "2"   // 2.5.0
	Version09 Version = "0.9" // 0.9.17
)

// Files serves the clients. It is safe for concurrent use; nothing in it
// changes.
type Files struct {
	fsys   fs.FS
	notice string // for builds without the clients; empty in the others
	files  map[string]file

	// explicit matches names that say 0.9: with a version, as
	// socket.io.v0.9.17.js, or with transports, which no later server knows, as
	// socket.io+websocket+xhr-polling.js. Version and transports that they ask
	// for are not looked at: there is 0.9.17, with all of its transports.
	explicit *regexp.Regexp
}

// file is a client or its source map.
type file struct {
	kind     string    // Content-Type
	variants []variant // the smallest first, the plain one last
}

// variant is a file in one coding.
type variant struct {
	coding string // as Content-Encoding names it, or identity
	path   string
	tag    string // strong entity tag, of this variant's bytes
	size   int64
}

// identity is the coding of a plain file.
const identity = "identity"

// New serves the clients that this program was built with, or a notice if it
// has none. Names without a version stand for that of the given generation.
// It fails for a generation that is not one of the constants.
func New(version Version) (*Files, error) {
	return open(version, embedded)
}

func open(version Version, fsys fs.FS) (*Files, error) {
	names, err := names(version)
	if err != nil {
		return nil, err
	}
	f := &Files{
		fsys:     fsys,
		files:    make(map[string]file, len(names)),
		explicit: regexp.MustCompile(`^socket\.io((\+[\w-]+)+(\.v0\.9(\.\d+)?)?|\.v0\.9(\.\d+)?)(\.min)?\.js$`),
	}
	for name, path := range names {
		found, err := load(fsys, "files/built/"+path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("realtime/clientfiles: read %s: %w", path, err)
		}
		f.files[name] = found
	}
	if len(f.files) == 0 {
		notice, err := fs.ReadFile(fsys, "files/notice.txt")
		if err != nil {
			return nil, fmt.Errorf("realtime/clientfiles: %w", err)
		}
		f.notice = string(notice)
	}
	return f, nil
}

// names tells which file each name stands for. Names that one generation alone
// has stand for its file whatever the version.
func names(version Version) (map[string]string, error) {
	names := map[string]string{
		"socket.io.v0.9.js":     "0.9/socket.io.js",
		"socket.io.v0.9.min.js": "0.9/socket.io.min.js",
	}
	add := func(generation Version, scripts ...string) {
		for _, script := range scripts {
			names[script] = string(generation) + "/" + script
			names[script+".map"] = string(generation) + "/" + script + ".map"
		}
	}
	add(Version4, "socket.io.esm.min.js")
	add(Version2, "socket.io.dev.js", "socket.io.slim.js", "socket.io.slim.dev.js")
	switch version {
	case Version4:
		add(Version4, "socket.io.js", "socket.io.min.js")
	case Version2:
		add(Version2, "socket.io.js")
		names["socket.io.min.js"] = "2/socket.io.js" // which is minified and names its map
	case Version09:
		names["socket.io.js"] = "0.9/socket.io.js"
		names["socket.io.min.js"] = "0.9/socket.io.min.js"
	default:
		return nil, fmt.Errorf("realtime/clientfiles: there is no client of version %q", string(version))
	}
	return names, nil
}

// load finds the variants of a file and computes their tags. Without the plain
// file the error is fs.ErrNotExist.
func load(fsys fs.FS, path string) (file, error) {
	f := file{kind: "text/javascript; charset=utf-8"}
	if strings.HasSuffix(path, ".map") {
		f.kind = "application/json"
	}
	for _, v := range []variant{
		{coding: "br", path: path + ".br"},
		{coding: "gzip", path: path + ".gz"},
		{coding: identity, path: path},
	} {
		err := v.measure(fsys)
		if errors.Is(err, fs.ErrNotExist) && v.coding != identity {
			continue // it would not have been smaller
		}
		if err != nil {
			return file{}, err
		}
		f.variants = append(f.variants, v)
	}
	return f, nil
}

func (v *variant) measure(fsys fs.FS) error {
	content, err := fsys.Open(v.path)
	if err != nil {
		return err
	}
	hash := sha256.New()
	v.size, err = io.Copy(hash, content)
	if err = errors.Join(err, content.Close()); err != nil {
		return err
	}
	v.tag = `"` + hex.EncodeToString(hash.Sum(nil)[:16]) + `"`
	return nil
}

// Serves tells whether what follows "/socket.io/" in a path is the name of a
// client file; all else there is for sockets. Files that do not exist count too,
// such as socket.io.msgpack.min.js: ServeHTTP tells what there is.
func (f *Files) Serves(name string) bool {
	return strings.HasPrefix(name, "socket.io") && !strings.Contains(name, "/") &&
		(strings.HasSuffix(name, ".js") || strings.HasSuffix(name, ".js.map"))
}

// find gives the file of a name.
func (f *Files) find(name string) (file, bool) {
	if found, ok := f.files[name]; ok {
		return found, true
	}
	if !f.explicit.MatchString(name) {
		return file{}, false
	}
	full := "socket.io.v0.9.js"
	if strings.HasSuffix(name, ".min.js") {
		full = "socket.io.v0.9.min.js"
	}
	found, ok := f.files[full]
	return found, ok
}
