//go:build unix && !linux

package postgres

import (
	"os/exec"
	"strconv"
	"strings"
)

// serversIn is the postmaster that the data directory names, when that process really is one of ours.
func serversIn(data string) ([]int, error) {
	pid := postmasterPID(data)
	if pid == 0 {
		return nil, nil
	}
	command, err := exec.Command("ps", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	if err != nil || !strings.Contains(string(command), "postgres -D "+data) {
		return nil, nil // ps fails when there is no such process
	}
	return []int{pid}, nil
}
