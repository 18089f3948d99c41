package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// trusted refuses what someone else than root and the running user may have
// written: the configuration decides what runs as root on every machine.
func trusted(info fs.FileInfo) error {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return errors.New("its owner cannot be read on this system")
	}
	if uid := int(stat.Uid); uid != 0 && uid != os.Geteuid() {
		return fmt.Errorf("it belongs to user %d; it must belong to root or to the user patchwave runs as", uid)
	}
	mode := info.Mode().Perm()
	if mode&0o002 != 0 {
		return fmt.Errorf("everybody can write it (mode %04o); run chmod o-w on it", mode)
	}
	if mode&0o020 != 0 && !ownGroup(stat.Uid, stat.Gid) {
		return fmt.Errorf("group %d can write it (mode %04o); run chmod g-w on it", stat.Gid, mode)
	}
	return nil
}

// ownGroup reports whether a group is the primary one of a user. Where the user
// is not in the user database, the group with the user's own number is meant.
func ownGroup(uid, gid uint32) bool {
	u, err := user.LookupId(strconv.FormatUint(uint64(uid), 10))
	if err != nil {
		return uid == gid
	}
	return u.Gid == strconv.FormatUint(uint64(gid), 10)
}
