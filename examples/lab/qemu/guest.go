//go:build qemu

package qemu

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// cache is where the disks are kept.
const cache = "/var/tmp/patchwave-lab"

// bootLimit is how long a guest may take to be reached, on a machine that is busy.
const bootLimit = 15 * time.Minute

// Images is the directory of what sh RECIPE DIRECTORY has made, which is done once. Another
// recipe is another directory; more are files that it reads.
func Images(name, recipe string, more ...string) (string, error) {
	sum := sha256.New()
	for _, file := range append([]string{recipe}, more...) {
		text, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		sum.Write(text)
	}
	dir := filepath.Join(cache, fmt.Sprintf("%s-%x", name, sum.Sum(nil)[:6]))
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Minute)
	defer cancel()
	if err := os.MkdirAll(cache, 0o700); err != nil {
		return "", err
	}
	unready, err := os.MkdirTemp(cache, name+"-new-")
	if err != nil {
		return "", err
	}
	if out, err := exec.CommandContext(ctx, "sh", recipe, unready).CombinedOutput(); err != nil {
		return "", errors.Join(fmt.Errorf("build the disks: %w\n%s", err, out), os.RemoveAll(unready))
	}
	return dir, os.Rename(unready, dir)
}

// Guest is a machine with one disk, reached by SSH.
type Guest struct {
	// Images has the kernel (vmlinuz), its initramfs (initrd), a key of root (key) and
	// the key of the host (known). Append is the end of its kernel command line.
	Images, Append string
	// Disk is the disk as the guest finds it when it is started, a raw image, which is
	// not written to. Cut changes which it is.
	Disk string
	Dir  string // what belongs to this guest
	Port int
	// Keeps is a guest whose disk loses nothing in a Cut, and has no log: what it wrote
	// is written, flushed or not.
	Keeps bool

	qemu *exec.Cmd
	cuts int
}

// New makes a guest of a disk. It is not started.
func New(tb testing.TB, images, disk, appended string) *Guest {
	tb.Helper()
	l, err := new(net.ListenConfig).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = l.Close() }() // it only told which port is free
	g := &Guest{Images: images, Append: appended, Disk: disk, Dir: tb.TempDir(), Port: l.Addr().(*net.TCPAddr).Port}
	tb.Cleanup(func() { g.Kill(tb) })
	return g
}

// Path is that of a file of this guest.
func (g *Guest) Path(name string) string { return filepath.Join(g.Dir, name) }

// drive is the disk of the guest for QEMU: new and with a log that begins anew, or, of one
// that keeps what it wrote, as it was left.
func (g *Guest) drive(tb testing.TB) string {
	tb.Helper()
	// the machine that this runs on is not what loses power: its own flushes prove nothing
	file := func(name string) map[string]any {
		return map[string]any{"driver": "file", "filename": g.Path(name), "cache": map[string]any{"no-flush": true}}
	}
	node := map[string]any{"driver": "qcow2", "file": file("disk")}
	_, err := os.Stat(g.Path("disk"))
	if !g.Keeps || err != nil {
		if err := errors.Join(os.RemoveAll(g.Path("disk")), os.WriteFile(g.Path("log"), nil, 0o600)); err != nil {
			tb.Fatal(err)
		}
		Tool(tb, "qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", g.Disk, g.Path("disk"))
	}
	if !g.Keeps {
		node = map[string]any{"driver": "blklogwrites", "log": file("log"), "file": node}
	}
	node["node-name"] = "d"
	text, err := json.Marshal(node)
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

// Power turns the guest on and waits until it has booted. Its log of writes begins anew.
func (g *Guest) Power(tb testing.TB) {
	tb.Helper()
	began := time.Now()
	drive := g.drive(tb)
	console, err := os.OpenFile(g.Path("console"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = console.Close() }() // the child has its own
	g.qemu = exec.CommandContext(context.WithoutCancel(tb.Context()), "qemu-system-x86_64", "-accel", "tcg,thread=multi,tb-size=256", "-cpu", "qemu64,-svm", "-m", "768", "-smp", "1",
		"-nodefaults", "-display", "none", "-serial", "stdio",
		"-kernel", filepath.Join(g.Images, "vmlinuz"), "-initrd", filepath.Join(g.Images, "initrd"),
		"-append", "console=ttyS0 loglevel=7 mitigations=off net.ifnames=0 random.trust_cpu=on module_blacklist=kvm,kvm_amd,ata_piix,powernow_k8,aesni_intel ro "+g.Append,
		"-blockdev", drive, "-device", "virtio-blk-pci,drive=d,write-cache=on",
		"-netdev", fmt.Sprintf("user,id=n,hostfwd=tcp:127.0.0.1:%d-:22", g.Port), "-device", "virtio-net-pci,netdev=n")
	g.qemu.Stdout, g.qemu.Stderr = console, console
	if err := g.qemu.Start(); err != nil {
		tb.Fatalf("qemu (apt-get install qemu-system-x86): %v", err)
	}
	g.Reach(tb)
	tb.Logf("reached %.0f s after power on", time.Since(began).Seconds())
}

// Kill ends the guest, and no other, at once. Its disk is left as this machine has it.
func (g *Guest) Kill(tb testing.TB) {
	tb.Helper()
	if g.qemu == nil || g.qemu.ProcessState != nil {
		return
	}
	if err := g.qemu.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		tb.Errorf("kill %d: %v", g.qemu.Process.Pid, err)
	}
	_ = g.qemu.Wait() // it was killed
}

// Log ends the guest and reads what was written to its disk since it was turned on.
func (g *Guest) Log(tb testing.TB) *Log {
	tb.Helper()
	g.Kill(tb)
	l, err := ReadLog(g.Path("log"))
	if err != nil {
		tb.Fatal(err)
	}
	return l
}

// Cut is a power cut: what was not flushed is lost, but of one that keeps it.
func (g *Guest) Cut(tb testing.TB) {
	tb.Helper()
	if g.Keeps {
		g.Kill(tb)
		return
	}
	l := g.Log(tb)
	g.cuts++
	disk := g.Path(fmt.Sprintf("after-%d.img", g.cuts))
	Copy(tb, g.Disk, disk)
	f, err := os.OpenFile(disk, os.O_RDWR, 0)
	if err != nil {
		tb.Fatal(err)
	}
	at := 0
	if n := len(l.Flushes); n > 0 {
		at = l.Flushes[n-1]
	}
	if err := errors.Join(l.Replay(f, 0, at), f.Close()); err != nil {
		tb.Fatal(err)
	}
	tb.Logf("the power is cut after %d flushes: %d writes before the last of them are kept, %d after it are lost", len(l.Flushes), at, len(l.entries)-at)
	g.Disk = disk
}

// Written is how long the log of writes is now, for Log.After.
func (g *Guest) Written(tb testing.TB) int64 {
	tb.Helper()
	info, err := os.Stat(g.Path("log"))
	if err != nil {
		tb.Fatal(err)
	}
	return info.Size()
}

// Sh runs a script in the guest.
func (g *Guest) Sh(ctx context.Context, script string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 4*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "ssh", "-q", "-F", "none", "-i", filepath.Join(g.Images, "key"), "-o", "UserKnownHostsFile="+g.Path("known_hosts"),
		"-o", "ConnectTimeout=60", "-o", "ServerAliveInterval=20", "-p", fmt.Sprint(g.Port), "root@127.0.0.1", "sh", "-s")
	cmd.Stdin = strings.NewReader(script)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("%w\n%s%s", err, out.String(), errs.String())
	}
	return out.String(), nil
}

// Must is Sh for a test: a script that fails ends it.
func (g *Guest) Must(tb testing.TB, script string) string {
	tb.Helper()
	out, err := g.Sh(tb.Context(), script)
	if err != nil {
		tb.Fatalf("in the guest: %s: %v", script, err)
	}
	return out
}

// Reach waits until the guest has booted.
func (g *Guest) Reach(tb testing.TB) {
	tb.Helper()
	g.Until(tb, "the guest answers", func(ctx context.Context) bool {
		out, err := g.Sh(ctx, "systemctl is-system-running --wait || :")
		return err == nil && strings.TrimSpace(out) != "starting"
	})
}

// Until waits for something to be so.
func (g *Guest) Until(tb testing.TB, what string, so func(context.Context) bool) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), bootLimit)
	defer cancel()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for !so(ctx) {
		select {
		case <-ctx.Done():
			console, _ := os.ReadFile(g.Path("console")) // there is nothing more to say without it
			tb.Fatalf("not within %s: %s\n%s", bootLimit, what, console[max(0, len(console)-6000):])
		case <-tick.C:
		}
	}
}

// Printed is how often the guest printed something on its console, over all boots.
func (g *Guest) Printed(tb testing.TB, text string) int {
	tb.Helper()
	console, err := os.ReadFile(g.Path("console"))
	if err != nil {
		tb.Fatal(err)
	}
	return bytes.Count(console, []byte(text))
}

// Changed are the lines of only one of two texts.
func Changed(before, after string) []string {
	count := map[string]int{}
	for line := range strings.Lines(before) {
		count[line]--
	}
	for line := range strings.Lines(after) {
		count[line]++
	}
	var diff []string
	for line, n := range count {
		if n != 0 {
			diff = append(diff, line)
		}
	}
	return diff
}

// Tool runs a program of this machine, which must not fail, and returns what it printed.
func Tool(tb testing.TB, name string, args ...string) string {
	tb.Helper()
	out, err := exec.CommandContext(tb.Context(), name, args...).CombinedOutput()
	if err != nil {
		tb.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// Copy copies the image of a disk.
func Copy(tb testing.TB, from, to string) {
	tb.Helper()
	Tool(tb, "cp", "--reflink=auto", "--sparse=always", from, to)
}
