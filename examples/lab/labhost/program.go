//go:build lab

package labhost

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
)

// buildProgram returns a function that builds patchwave to path, once.
func buildProgram(path string) func(context.Context) (string, error) {
	var once sync.Once
	var failed error
	return func(ctx context.Context) (string, error) {
		once.Do(func() { failed = goBuild(ctx, path) })
		return path, failed
	}
}

// goBuild builds patchwave to path. What was linked stays in the cache: go sees
// that it is up to date, and links once for many labs.
func goBuild(ctx context.Context, path string) (err error) {
	out, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return fmt.Errorf("find the module of patchwave: %w", err)
	}
	linked := filepath.Join(CacheDir, "patchwave")
	lock, err := lockFile(ctx, linked+".lock", syscall.LOCK_EX)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	cmd := exec.CommandContext(ctx, "go", "build", "-o", linked, "./cmd/patchwave")
	cmd.Dir = filepath.Dir(strings.TrimSpace(string(out)))
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build patchwave: %w\n%s", err, out)
	}
	return os.Link(linked, path)
}

// Command is patchwave, built from this module, with arguments and an
// environment that holds nothing of the caller's but PATH. home becomes HOME and
// the working directory. Run it with Lab.Run, or see Patchwave.
func (l *Lab) Command(ctx context.Context, home string, args ...string) (*exec.Cmd, error) {
	path, err := l.program(ctx)
	if err != nil {
		return nil, err
	}
	cmd := command(ctx, path, args...)
	cmd.Dir = home
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "LC_ALL=C", "TZ=UTC"}
	return cmd, nil
}

// Patchwave runs "patchwave -C dir args..." inside the lab to its end. Whatever
// its exit code, that is no error.
func (l *Lab) Patchwave(ctx context.Context, dir string, args ...string) (Result, error) {
	cmd, err := l.Command(ctx, dir, append([]string{"-C", dir}, args...)...)
	if err != nil {
		return Result{}, err
	}
	return capture(cmd, l.net.run)
}
