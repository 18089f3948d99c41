package secret

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// maxSize bounds a secret in bytes; a key with its comments fits many times.
const maxSize = 64 << 10

// readFile reads a regular file that is no link. The checks look at the opened
// file, so that nobody can swap it in between.
func readFile(path string, check func(fs.FileInfo) error) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if errors.Is(err, syscall.ELOOP) {
		return nil, fmt.Errorf("%s is a symbolic link; name the file itself", path)
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // nothing was written
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	if check != nil {
		if err := check(info); err != nil {
			return nil, fmt.Errorf("%s %w", path, err)
		}
	}
	value, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err != nil {
		return nil, err
	}
	if len(value) > maxSize {
		return nil, fmt.Errorf("%s is larger than %d KiB, which is no secret", path, maxSize>>10)
	}
	return value, nil
}

// privateFile accepts a file that only its owner can read and that belongs to
// root or to the running user.
func privateFile(info fs.FileInfo) error {
	if mode := info.Mode().Perm(); mode != 0o600 && mode != 0o400 {
		return fmt.Errorf("has mode %04o; it must be 0600 or 0400: run chmod 0600 on it", mode)
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return errors.New("has an owner that cannot be read on this system")
	}
	if uid := int(stat.Uid); uid != 0 && uid != os.Geteuid() {
		return fmt.Errorf("belongs to user %d; it must belong to root or to the user patchwave runs as", uid)
	}
	return nil
}
