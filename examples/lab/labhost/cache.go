//go:build lab

package labhost

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// CacheDir is what the lab leaves behind: images, and patchwave as it was built
// last. It is 0700, since images hold setuid programs.
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
	for ctx.Err() == nil {
		file, err := lockFile(ctx, dir+".lock", syscall.LOCK_SH)
		if err != nil {
			return lease{}, err
		}
		l := lease{dir, file}
		if complete(dir) {
			return l, nil
		}
		l.release()
		if err := buildAlone(ctx, dir, build); err != nil {
			return lease{}, err
		}
		// Between the two locks another recipe may have pruned it: look again.
	}
	return lease{}, fmt.Errorf("build %s: %w", dir, context.Cause(ctx))
}

func complete(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "complete"))
	return err == nil
}

// buildAlone builds while nobody else builds or uses it.
func buildAlone(ctx context.Context, dir string, build func(dir string) error) error {
	file, err := lockFile(ctx, dir+".lock", syscall.LOCK_EX)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // closing drops the lock; nothing was written
	return buildOnce(dir, build)
}

func buildOnce(dir string, build func(dir string) error) error {
	if complete(dir) {
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
	return os.WriteFile(filepath.Join(dir, "complete"), nil, 0o600)
}

// lockFile takes a lock, waiting for another lab that has it.
func lockFile(ctx context.Context, path string, how int) (*os.File, error) {
	var file *os.File
	err := Poll(ctx, 100*time.Millisecond, func() (err error) {
		file, err = tryLock(path, how)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("wait for %s, which another lab has: %w", path, err)
	}
	return file, nil
}

// tryLock takes the lock if it is free and the file is still the one of that
// name: pruning removes lock files.
func tryLock(path string, how int) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(file.Fd()), how|syscall.LOCK_NB)
	if err == nil && !sameFile(file, path) {
		err = fmt.Errorf("%s was replaced", path)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

func sameFile(file *os.File, path string) bool {
	mine, err := file.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(path)
	return err == nil && os.SameFile(mine, named)
}

// prune removes cached images of other recipes that nobody uses.
func prune(keep ...string) error {
	var errs []error
	for _, kind := range []string{"base-", "image-"} {
		locks, err := filepath.Glob(filepath.Join(CacheDir, kind+"*.lock"))
		if err != nil {
			return err
		}
		for _, path := range locks {
			if !slices.Contains(keep, strings.TrimSuffix(filepath.Base(path), ".lock")) {
				errs = append(errs, pruneOne(path))
			}
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
