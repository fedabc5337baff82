package logstore

import (
	"errors"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// manifestsFirst makes the name of a new manifest, Pebble's list of its tables, durable together with its content.
// Pebble syncs the directory only after it also wrote the marker that points at the manifest: a file system that keeps
// new names in no order could be left by a power loss with a marker that points at nothing.
type manifestsFirst struct{ vfs.FS }

// Unwrap is how Pebble finds the file system below.
func (m manifestsFirst) Unwrap() vfs.FS { return m.FS }

// Create knows a manifest by what Pebble says of it.
func (m manifestsFirst) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := m.FS.Create(name, category)
	if err != nil || category != "pebble-manifest" {
		return f, err
	}
	return &manifest{File: f, fs: m.FS, dir: m.PathDir(name)}, nil
}

type manifest struct {
	vfs.File
	fs    vfs.FS
	dir   string
	named bool
}

// Sync makes the content durable, and the first time also the name.
func (m *manifest) Sync() error {
	if m.named {
		return m.File.Sync()
	}
	if err := errors.Join(m.File.Sync(), syncDir(m.fs, m.dir)); err != nil {
		return err
	}
	m.named = true
	return nil
}
