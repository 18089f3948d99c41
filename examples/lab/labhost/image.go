//go:build lab

package labhost

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// images are the cached lower layers of all flavours.
type images struct {
	base, image lease
}

func (i images) release() {
	i.base.release()
	i.image.release()
}

// lower is the overlay's list of lower directories, the uppermost first.
func (i images) lower(f Flavour, bare bool) string {
	layers := filepath.Join(i.image.dir, "repo", string(f)) +
		":" + filepath.Join(i.base.dir, "layer", string(f)) +
		":" + filepath.Join(i.base.dir, "root")
	if bare {
		return layers
	}
	return filepath.Join(i.image.dir, "prepared", string(f)) + ":" + layers
}

// builder builds images with the embedded scripts.
type builder struct {
	ctx     context.Context
	scripts string // where they were written to
	logf    func(format string, args ...any)
}

// images returns the cached ones, built if the recipe has changed.
func (b builder) images() (images, error) {
	host, err := os.ReadFile("/etc/os-release")
	if err != nil {
		return images{}, fmt.Errorf("which Debian is this machine: %w", err)
	}
	baseKey, err := recipe(string(host), "base.sh", "layer.sh")
	if err != nil {
		return images{}, err
	}
	imageKey, err := recipe(baseKey, "repo-apt.sh", "repo-rpm.sh", "repo-pacman.sh", "daemon.sh", "image.sh",
		"lab-repo.sh", "prepare-apt.sh", "prepare-dnf.sh", "prepare-zypper.sh", "prepare-pacman.sh")
	if err != nil {
		return images{}, err
	}
	baseKey, imageKey = "base-"+baseKey, "image-"+imageKey
	base, err := cached(b.ctx, baseKey, b.buildBase)
	if err != nil {
		return images{}, err
	}
	image, err := cached(b.ctx, imageKey, func(dir string) error { return b.buildImages(base.dir, dir) })
	if err != nil {
		base.release()
		return images{}, err
	}
	return images{base, image}, prune(baseKey, imageKey)
}

// buildBase makes the root file system and the layer of each package manager.
func (b builder) buildBase(dir string) error {
	root := filepath.Join(dir, "root")
	if err := b.script("base.sh", root); err != nil {
		return err
	}
	var layers []func() error
	for _, f := range Flavours() {
		layer := filepath.Join(dir, "layer", string(f))
		if f == Apt { // the base has it
			layers = append(layers, func() error { return os.MkdirAll(layer, 0o755) })
			continue
		}
		layers = append(layers, func() error { return b.script("layer.sh", root, layer, string(f)) })
	}
	if err := parallel(layers...); err != nil {
		return err
	}
	// The package index was for the layers; nothing is mounted on the base now.
	return clearDir(filepath.Join(root, "var/lib/apt/lists"))
}

// buildImages makes the repositories and the layers with the old versions.
func (b builder) buildImages(base, dir string) error {
	repositories := filepath.Join(dir, "repositories")
	err := parallel(
		func() error { return b.script("repo-apt.sh", filepath.Join(repositories, "apt")) },
		func() error { return b.script("repo-rpm.sh", filepath.Join(repositories, "rpm")) },
		func() error { return b.script("repo-pacman.sh", filepath.Join(repositories, "pacman")) },
	)
	if err != nil {
		return err
	}
	var prepared []func() error
	for _, f := range Flavours() {
		prepared = append(prepared, func() error {
			return b.script("image.sh", base, dir, filepath.Join(repositories, f.repository()), string(f))
		})
	}
	return parallel(prepared...)
}

// script runs one of the embedded scripts in a mount namespace of its own and
// says how long it took.
func (b builder) script(name string, args ...string) error {
	began := time.Now()
	cmd := exec.CommandContext(b.ctx, "/bin/sh", append([]string{filepath.Join(b.scripts, name)}, args...)...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS, Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w\n%s", name, err, tail(out.Bytes(), 4096))
	}
	b.logf("lab: %-13s %-60s %.1fs", name, filepath.Base(args[len(args)-1]), time.Since(began).Seconds())
	return nil
}

// parallel runs all and returns all errors.
func parallel(tasks ...func() error) error {
	errs := make([]error, len(tasks))
	var wait sync.WaitGroup
	for i, task := range tasks {
		wait.Go(func() { errs[i] = task() })
	}
	wait.Wait()
	return errors.Join(errs...)
}

func clearDir(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if err := os.RemoveAll(filepath.Join(dir, entry.Name())); err != nil {
			return err
		}
	}
	return nil
}

// tail is the end of what a program printed, at most limit bytes.
func tail(out []byte, limit int) []byte {
	return out[max(0, len(out)-limit):]
}
