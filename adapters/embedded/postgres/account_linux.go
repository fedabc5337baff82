package postgres

import "syscall"

// searchClosedDirectories is CAP_DAC_READ_SEARCH of linux/capability.h.
const searchClosedDirectories = 2

// attributes makes a program run as this user and get a signal when we die, a help only: the next start does not count
// on it.
func (a account) attributes(onOurDeath syscall.Signal) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Credential: a.credential(), Setpgid: true, Pdeathsig: onOurDeath}
	if a.searchesAll {
		attr.AmbientCaps = []uintptr{searchClosedDirectories}
	}
	return attr
}
