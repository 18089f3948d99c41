//go:build unix

package knownhosts

import (
	"os"

	"golang.org/x/sys/unix"
)

// lockFile waits for the exclusive lock of a file. It is held for one append.
func lockFile(f *os.File) error {
	for {
		if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != unix.EINTR {
			return err
		}
	}
}
