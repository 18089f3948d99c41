//go:build lab

package labhost

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// cgroupPrefix begins the name of every guest's cgroup; the name of the lab's
// directory and of the host follow.
const cgroupPrefix = "patchwave-lab-"

// makeRunDir makes a directory for one lab, locked by the file that is returned,
// and removes those of labs whose processes were killed.
func makeRunDir(ctx context.Context) (dir string, owner *os.File, err error) {
	runs := filepath.Join(CacheDir, "run")
	if err := os.MkdirAll(runs, 0o700); err != nil {
		return "", nil, err
	}
	gate, err := lockFile(ctx, runs+".lock", syscall.LOCK_EX)
	if err != nil {
		return "", nil, err
	}
	defer func() { _ = gate.Close() }() // nothing was written
	if err := sweep(runs); err != nil {
		return "", nil, err
	}
	if dir, err = os.MkdirTemp(runs, ""); err != nil {
		return "", nil, err
	}
	if owner, err = os.Open(dir); err != nil {
		return "", nil, err
	}
	return dir, owner, syscall.Flock(int(owner.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}

// sweep removes what labs left whose process died before Close: a directory and
// empty cgroups. Their guests are dead: the kernel killed them with the process.
func sweep(runs string) error {
	entries, err := os.ReadDir(runs)
	if err != nil {
		return err
	}
	var errs []error
	for _, entry := range entries {
		errs = append(errs, sweepOne(filepath.Join(runs, entry.Name())))
	}
	return errors.Join(errs...)
}

func sweepOne(dir string) error {
	owner, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer func() { _ = owner.Close() }() // nothing was written
	if syscall.Flock(int(owner.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		return nil // in use
	}
	roots, err := cgroupRoots()
	if err != nil {
		return err
	}
	for _, root := range roots {
		left, err := filepath.Glob(filepath.Join(root, cgroupPrefix+filepath.Base(dir)+"-*"))
		if err != nil {
			return err
		}
		for _, cgroup := range left {
			if err := removeCgroup(cgroup); errors.Is(err, syscall.EBUSY) {
				return nil // its last process is still dying: the next lab's turn
			} else if err != nil {
				return fmt.Errorf("remove a dead lab's cgroup: %w", err)
			}
		}
	}
	return os.RemoveAll(dir)
}
