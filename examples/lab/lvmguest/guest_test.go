//go:build qemu

package lvmguest_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// cache is where the disks are kept.
const cache = "/var/tmp/patchwave-lab"

// bootLimit is how long a guest may take to be reached, on a machine that is busy.
const bootLimit = 15 * time.Minute

// disks returns the directory of the built disks. Another recipe is another directory.
var disks = sync.OnceValues(func() (string, error) {
	sum := sha256.New()
	for _, name := range []string{"image.sh", "volumes.sh"} {
		text, err := os.ReadFile(name)
		if err != nil {
			return "", err
		}
		sum.Write(text)
	}
	dir := filepath.Join(cache, fmt.Sprintf("lvm-%x", sum.Sum(nil)[:6]))
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 12*time.Minute)
	defer cancel()
	if err := os.MkdirAll(cache, 0o700); err != nil {
		return "", err
	}
	unready, err := os.MkdirTemp(cache, "lvm-new-")
	if err != nil {
		return "", err
	}
	if out, err := exec.CommandContext(ctx, "sh", "image.sh", unready).CombinedOutput(); err != nil {
		return "", errors.Join(fmt.Errorf("build the disks: %w\n%s", err, out), os.RemoveAll(unready))
	}
	return dir, os.Rename(unready, dir)
})

// program builds patchwave, once.
var program = sync.OnceValues(func() (string, error) {
	path := filepath.Join(os.TempDir(), fmt.Sprintf("patchwave-lvm-%d", os.Getpid()))
	out, err := exec.CommandContext(context.Background(), "go", "build", "-o", path, "patchwave/cmd/patchwave").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build patchwave: %w\n%s", err, out)
	}
	return path, nil
})

// TestMain removes the program.
func TestMain(m *testing.M) {
	status := m.Run()
	if path, err := program(); err == nil {
		if err := os.Remove(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	os.Exit(status)
}

// guest is a machine whose root is a volume of the given kind, "thick" or "thin".
type guest struct {
	kind, disks, dir string
	port             int
	qemu             *exec.Cmd
}

// start boots a new guest, and writes a configuration for it.
func start(t *testing.T, kind, policies string) *guest {
	t.Helper()
	from, err := disks()
	if err != nil {
		t.Fatal(err)
	}
	g := &guest{kind: kind, disks: from, dir: t.TempDir(), port: freePort(t)}
	g.tool(t, "qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", filepath.Join(from, kind+".img"), g.path("disk"))
	g.configure(t, policies)
	g.power(t)
	t.Cleanup(func() { g.cut(t) })
	began := time.Now()
	g.reach(t)
	t.Logf("%s: reached %.0f s after power on", kind, time.Since(began).Seconds())
	return g
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }() // it only told which port is free
	return l.Addr().(*net.TCPAddr).Port
}

func (g *guest) path(name string) string { return filepath.Join(g.dir, name) }

func (g *guest) tool(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

// power turns the guest on. The thick root is found by its UUID, which its snapshots
// have too, the thin one by its name.
func (g *guest) power(t *testing.T) {
	t.Helper()
	root := "/dev/mapper/lab--thin-root--lv"
	if g.kind == "thick" {
		id, err := os.ReadFile(filepath.Join(g.disks, "uuid"))
		if err != nil {
			t.Fatal(err)
		}
		root = "UUID=" + strings.TrimSpace(string(id))
	}
	console, err := os.OpenFile(g.path("console"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = console.Close() }() // the child has its own
	g.qemu = exec.CommandContext(context.WithoutCancel(t.Context()), "qemu-system-x86_64", "-accel", "tcg,thread=multi,tb-size=256", "-cpu", "qemu64,-svm", "-m", "768", "-smp", "1",
		"-display", "none", "-monitor", "none", "-serial", "stdio",
		"-kernel", filepath.Join(g.disks, "vmlinuz"), "-initrd", filepath.Join(g.disks, "initrd"),
		"-append", "console=ttyS0 loglevel=7 mitigations=off net.ifnames=0 ro root="+root,
		"-drive", "file="+g.path("disk")+",format=qcow2,if=virtio,cache=unsafe", // what is killed is a process: what it wrote is written
		"-netdev", fmt.Sprintf("user,id=n,hostfwd=tcp:127.0.0.1:%d-:22", g.port), "-device", "virtio-net-pci,netdev=n")
	g.qemu.Stdout, g.qemu.Stderr = console, console
	if err := g.qemu.Start(); err != nil {
		t.Fatalf("qemu (apt-get install qemu-system-x86): %v", err)
	}
}

// cut is a power cut: the process of this guest, and no other, is killed.
func (g *guest) cut(t *testing.T) {
	t.Helper()
	if err := g.qemu.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("kill %d: %v", g.qemu.Process.Pid, err)
	}
	_ = g.qemu.Wait() // it was killed
}

// sh runs a script in the guest.
func (g *guest) sh(ctx context.Context, script string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 4*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "ssh", "-q", "-F", "none", "-i", filepath.Join(g.disks, "key"), "-o", "UserKnownHostsFile="+g.path("known_hosts"),
		"-o", "ConnectTimeout=60", "-o", "ServerAliveInterval=20", "-p", fmt.Sprint(g.port), "root@127.0.0.1", "sh", "-s")
	cmd.Stdin = strings.NewReader(script)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("%w\n%s%s", err, out.String(), errs.String())
	}
	return out.String(), nil
}

func (g *guest) must(t *testing.T, script string) string {
	t.Helper()
	out, err := g.sh(t.Context(), script)
	if err != nil {
		t.Fatalf("in the guest: %s: %v", script, err)
	}
	return out
}

// reach waits until the guest has booted.
func (g *guest) reach(t *testing.T) {
	t.Helper()
	g.until(t, "the guest answers", func(ctx context.Context) bool {
		out, err := g.sh(ctx, "systemctl is-system-running --wait || :")
		return err == nil && strings.TrimSpace(out) != "starting"
	})
}

// until waits for something to be so.
func (g *guest) until(t *testing.T, what string, so func(context.Context) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), bootLimit)
	defer cancel()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for !so(ctx) {
		select {
		case <-ctx.Done():
			console, _ := os.ReadFile(g.path("console")) // there is nothing more to say without it
			t.Fatalf("not within %s: %s\n%s", bootLimit, what, console[max(0, len(console)-4000):])
		case <-tick.C:
		}
	}
}

// printed is how often the guest printed something on its console, over all boots.
func (g *guest) printed(t *testing.T, text string) int {
	t.Helper()
	console, err := os.ReadFile(g.path("console"))
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Count(console, []byte(text))
}
