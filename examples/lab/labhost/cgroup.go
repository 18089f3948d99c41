//go:build lab

package labhost

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// cgroupRoots finds where a guest's own cgroup has to be: in the unified
// hierarchy, and in systemd's named one where the machine has that.
func cgroupRoots() ([]string, error) {
	const root = "/sys/fs/cgroup"
	if _, err := os.Stat(root + "/cgroup.controllers"); err == nil {
		return []string{root}, nil
	}
	var roots []string
	for _, name := range []string{"unified", "systemd"} {
		dir := filepath.Join(root, name)
		if _, err := os.Stat(dir + "/cgroup.procs"); err == nil {
			roots = append(roots, dir)
		}
	}
	if len(roots) == 0 {
		return nil, fmt.Errorf("no cgroup version 2 below %s: guests with systemd need it", root)
	}
	return roots, nil
}

// makeCgroups makes a cgroup of one name in every hierarchy. Guests that shared
// one would destroy each other's units.
func makeCgroups(name string) ([]string, error) {
	roots, err := cgroupRoots()
	if err != nil {
		return nil, err
	}
	var made []string
	for _, root := range roots {
		dir := filepath.Join(root, name)
		if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return made, fmt.Errorf("make the guest's cgroup: %w", err)
		}
		made = append(made, dir)
	}
	return made, nil
}

// removeCgroups removes them with all below, whose processes are dead or dying.
func removeCgroups(ctx context.Context, dirs []string) error {
	var errs []error
	for _, dir := range dirs {
		err := Poll(ctx, 20*time.Millisecond, func() error { return removeCgroup(dir) })
		if err != nil {
			errs = append(errs, fmt.Errorf("remove cgroup %s: %w", dir, err))
		}
	}
	return errors.Join(errs...)
}

func removeCgroup(dir string) error {
	var below []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			below = append(below, path)
		}
		return nil // what vanishes meanwhile is as good as removed
	})
	if err != nil {
		return err
	}
	for _, path := range slices.Backward(below) {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
