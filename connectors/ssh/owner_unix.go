//go:build unix

package ssh

import (
	"io/fs"
	"os"
	"strconv"
	"syscall"
)

// ownedByUs reports whether a file belongs to the running user or to root: any
// other owner could put another key there.
func ownedByUs(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return !ok || st.Uid == 0 || int(st.Uid) == os.Geteuid()
}

func runningUser() string { return strconv.Itoa(os.Geteuid()) }
