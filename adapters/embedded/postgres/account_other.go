//go:build unix && !linux

package postgres

import "syscall"

// attributes makes a program run as this user. Only Linux has a signal for our death and a capability for closed
// directories; elsewhere the server says itself that it cannot reach its data.
func (a account) attributes(syscall.Signal) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: a.credential(), Setpgid: true}
}
