//go:build lab

package labhost

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// CacheDir is what the lab leaves behind: images and nothing else. It is 0700,
// since images hold setuid programs.
const CacheDir = "/var/tmp/patchwave-lab"

// lease is a shared lock on a cached directory: it is not pruned meanwhile.
type lease struct {
	dir  string
	file *os.File
}

func (l lease) release() {
	_ = l.file.Close() // closing drops the lock; nothing was written
}

// cached returns CacheDir/name, which build fills if it is not there complete.
// Several processes may ask at once: one builds, the others wait.
func cached(ctx context.Context, name string, build func(dir string) error) (lease, error) {
	dir := filepath.Join(CacheDir, name)
	if err := os.MkdirAll(CacheDir, 0o700); err != nil {
		return lease{}, fmt.Errorf("make the lab's cache: %w", err)
	}
	file, err := lockFile(ctx, dir+".lock", syscall.LOCK_EX)
	if err != nil {
		return lease{}, err
	}
	l := lease{dir, file}
	if err := buildOnce(dir, build); err != nil {
		l.release()
		return lease{}, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_SH); err != nil {
		l.release()
		return lease{}, fmt.Errorf("share %s: %w", dir, err)
	}
	return l, nil
}

func buildOnce(dir string, build func(dir string) error) error {
	mark := filepath.Join(dir, "complete")
	if _, err := os.Stat(mark); err == nil {
		return nil
	}
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("clear %s: %w", dir, err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make %s: %w", dir, err)
	}
	if err := build(dir); err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	return os.WriteFile(mark, nil, 0o600)
}

// lockFile takes a lock, waiting for another lab that has it.
func lockFile(ctx context.Context, path string, how int) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lab's lock: %w", err)
	}
	err = poll(ctx, 100*time.Millisecond, func() error {
		return syscall.Flock(int(file.Fd()), how|syscall.LOCK_NB)
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("wait for %s, which another lab has: %w", path, err), file.Close())
	}
	return file, nil
}

// prune removes cached directories of other recipes that nobody uses.
func prune(keep ...string) error {
	locks, err := filepath.Glob(CacheDir + "/*.lock")
	if err != nil {
		return err
	}
	var errs []error
	for _, path := range locks {
		name := strings.TrimSuffix(filepath.Base(path), ".lock")
		if !contains(keep, name) {
			errs = append(errs, pruneOne(path))
		}
	}
	return errors.Join(errs...)
}

func pruneOne(lock string) error {
	file, err := os.OpenFile(lock, os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // nothing was written
	if syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		return nil // in use
	}
	// The lock goes last: who waits for it then finds nothing and builds.
	return errors.Join(os.RemoveAll(strings.TrimSuffix(lock, ".lock")), os.Remove(lock))
}

func contains(names []string, name string) bool {
	for _, n := range names {
		if n == name {
			return true
		}
	}
	return false
}
