package main_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// program is the binary that the tests run, in a directory that every user may enter.
var program string

func TestMain(m *testing.M) {
	code, err := runWithProgram(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}

func runWithProgram(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "tagtrail-test-program-*")
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	program = filepath.Join(dir, "tagtrail")
	build := exec.Command("go", "build", "-o", program, ".")
	if said, err := build.CombinedOutput(); err != nil {
		return 1, fmt.Errorf("build tagtrail: %w\n%s", err, said)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		return 1, err
	}
	return m.Run(), nil
}
