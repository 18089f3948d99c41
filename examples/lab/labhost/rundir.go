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
)

// cgroupPrefix begins the name of every guest's cgroup; the name of the lab's
// directory, which has no "-", and of the host follow.
const cgroupPrefix = "patchwave-lab-"

const runsDir = CacheDir + "/run"

// gated runs do while no other lab of the machine opens or closes.
func gated(ctx context.Context, do func() error) error {
	if err := os.MkdirAll(runsDir, 0o700); err != nil {
		return err
	}
	gate, err := lockFile(ctx, runsDir+".lock", syscall.LOCK_EX)
	if err != nil {
		return err
	}
	return errors.Join(do(), gate.Close())
}

// makeRunDir makes a directory for one lab, locked by the file that is returned,
// and removes what labs left whose processes were killed.
func makeRunDir(ctx context.Context) (dir string, owner *os.File, err error) {
	err = gated(ctx, func() error {
		if err := sweep(); err != nil {
			return err
		}
		if dir, err = os.MkdirTemp(runsDir, ""); err != nil {
			return err
		}
		if owner, err = os.Open(dir); err != nil {
			return err
		}
		return syscall.Flock(int(owner.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	})
	return dir, owner, err
}

// removeRunDir removes a lab's own. The last lab to go leaves the machine as the
// first one found it.
func removeRunDir(ctx context.Context, dir string, owner *os.File) error {
	return gated(ctx, func() error {
		return errors.Join(os.RemoveAll(dir), owner.Close(), sweep())
	})
}

// sweep removes what labs left whose process died before Close: directories and
// empty cgroups. Their guests are dead: the kernel killed them with the process.
func sweep() error {
	entries, err := os.ReadDir(runsDir)
	if err != nil {
		return err
	}
	live := map[string]bool{}
	var errs []error
	for _, entry := range entries {
		inUse, err := sweepDir(filepath.Join(runsDir, entry.Name()))
		errs = append(errs, err)
		if inUse {
			live[entry.Name()] = true
		}
	}
	errs = append(errs, sweepCgroups(live))
	if len(live) == 0 {
		errs = append(errs, inotifyInstances().restore())
	}
	return errors.Join(errs...)
}

// sweepDir removes a lab's directory unless its process lives.
func sweepDir(dir string) (inUse bool, err error) {
	owner, err := os.Open(dir)
	if err != nil {
		return false, err
	}
	defer func() { _ = owner.Close() }() // nothing was written
	if syscall.Flock(int(owner.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		return true, nil
	}
	return false, os.RemoveAll(dir)
}

// sweepCgroups removes the cgroups of labs that do not live.
func sweepCgroups(live map[string]bool) error {
	roots, err := cgroupRoots()
	if err != nil {
		return err
	}
	for _, root := range roots {
		found, err := filepath.Glob(filepath.Join(root, cgroupPrefix+"*"))
		if err != nil {
			return err
		}
		for _, dir := range found {
			lab, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), cgroupPrefix), "-")
			if live[lab] {
				continue
			}
			// Busy: its last process is still dying. The next lab's turn.
			if err := removeCgroup(dir); err != nil && !errors.Is(err, syscall.EBUSY) {
				return fmt.Errorf("remove a dead lab's cgroup: %w", err)
			}
		}
	}
	return nil
}
