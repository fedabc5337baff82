package postgres

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is the operating-system user that the server and initdb run as.
type account struct {
	uid, gid uint32
	name     string
	// become tells that it is not the user of this process.
	become bool
	// searchesAll tells that a directory above the data is closed to it.
	searchesAll bool
}

// accountFor chooses the user for the cluster in data: as an ordinary user oneself, as root the owner of the cluster, or
// for a new one `postgres` and, where there is none, `nobody`.
func accountFor(data string) (account, error) {
	owner, exists, err := ownerOf(data)
	if err != nil {
		return account{}, err
	}
	if self := uint32(os.Geteuid()); self != 0 {
		if exists && owner != self {
			return account{}, fmt.Errorf("%w: %s is owned by %s, start as that user or as root", ErrOwner, data, nameOf(owner))
		}
		return account{uid: self, gid: uint32(os.Getegid()), name: nameOf(self)}, nil
	}

	var who account
	if exists && owner != 0 {
		who, err = lookUp(nameOf(owner))
	} else {
		who, err = serverUser()
	}
	if err != nil {
		return account{}, err
	}
	who.become = true
	if exists && owner == 0 {
		if err := giveTo(who, data); err != nil {
			return account{}, fmt.Errorf("give %s to %s: %w", data, who.name, err)
		}
	}
	if who.searchesAll, err = closedAbove(data, who); err != nil {
		return account{}, err
	}
	return who, nil
}

func serverUser() (account, error) {
	for _, name := range []string{"postgres", "nobody"} {
		who, err := lookUp(name)
		if err == nil {
			return who, nil
		}
		if unknown := user.UnknownUserError(""); !errors.As(err, &unknown) {
			return account{}, err
		}
	}
	return account{}, errors.New("postgres refuses to run as root, and there is neither a user postgres nor nobody to run it")
}

func lookUp(name string) (account, error) {
	u, err := user.Lookup(name)
	if err != nil {
		return account{}, fmt.Errorf("look up the user %s: %w", name, err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return account{}, fmt.Errorf("read the id of the user %s: %w", name, err)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return account{}, fmt.Errorf("read the group of the user %s: %w", name, err)
	}
	return account{uid: uint32(uid), gid: uint32(gid), name: u.Username}, nil
}

// nameOf is the number itself where the user has no name.
func nameOf(uid uint32) string {
	number := strconv.FormatUint(uint64(uid), 10)
	u, err := user.LookupId(number)
	if err != nil {
		return number
	}
	return u.Username
}

func ownerOf(path string) (uid uint32, exists bool, err error) {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	return info.Sys().(*syscall.Stat_t).Uid, true, nil
}

// giveTo changes the owner of a whole tree, as after root has copied a cluster back from a backup. The root of the tree
// comes last: its owner tells at the next start whether all was done.
func giveTo(who account, tree string) error {
	err := filepath.WalkDir(tree, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || path == tree {
			return err
		}
		return os.Lchown(path, int(who.uid), int(who.gid))
	})
	if err != nil {
		return err
	}
	return os.Lchown(tree, int(who.uid), int(who.gid))
}

// closedAbove tells whether a directory on the way to path, which has no symlinks in it, cannot be searched by who.
func closedAbove(path string, who account) (bool, error) {
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil {
			return false, err
		}
		if !searchable(info, who) {
			return true, nil
		}
		if dir == filepath.Dir(dir) {
			return false, nil
		}
	}
}

func searchable(info fs.FileInfo, who account) bool {
	stat := info.Sys().(*syscall.Stat_t)
	switch {
	case stat.Uid == who.uid:
		return info.Mode()&0o100 != 0
	case stat.Gid == who.gid:
		return info.Mode()&0o010 != 0
	}
	return info.Mode()&0o001 != 0
}

// credential is what a program needs to run as this user.
func (a account) credential() *syscall.Credential {
	if !a.become {
		return nil
	}
	return &syscall.Credential{Uid: a.uid, Gid: a.gid}
}
