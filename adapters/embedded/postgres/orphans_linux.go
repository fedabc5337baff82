package postgres

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// serversIn lists the postgres processes whose working directory is data: a postmaster goes there before it does
// anything else, and its children stay there. Directories are compared as such and not by name, which may be another
// directory's in another container.
func serversIn(data string) ([]int, error) {
	home, err := os.Stat(data)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	processes, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	var pids []int
	for _, process := range processes {
		pid, err := strconv.Atoi(process.Name())
		if err != nil {
			continue
		}
		dir := filepath.Join("/proc", process.Name())
		// A process that ends meanwhile, or that we may not look at, is not ours.
		name, err := os.ReadFile(filepath.Join(dir, "comm"))
		if err != nil || strings.TrimSpace(string(name)) != "postgres" {
			continue
		}
		if cwd, err := os.Stat(filepath.Join(dir, "cwd")); err == nil && os.SameFile(home, cwd) {
			pids = append(pids, pid)
		}
	}
	return pids, nil
}
