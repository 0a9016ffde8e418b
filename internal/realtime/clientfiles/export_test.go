package clientfiles

import "io/fs"

// Open is open.
func Open(version Version, fsys fs.FS) (*Files, error) { return open(version, fsys) }
