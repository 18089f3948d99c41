//go:build qemu

package btrfsguest_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"patchwave/connectors"
	"patchwave/connectors/framing"
	"patchwave/connectors/script"
	"patchwave/engine/restore"
	"patchwave/engine/restore/btrfs"
	"patchwave/engine/restore/snapper"
	"patchwave/examples/lab/qemu"
	"patchwave/inventory"
)

// shelf is a system on a lossy disk without a machine around it: the kernel of this one has
// its root mounted, in namespaces of its own, from a disk that QEMU exports and logs. What
// needs neither a boot nor a controller goes through there in seconds.
type shelf struct {
	t    *testing.T
	dir  string
	disk string // as it was
	p    restore.Provider
	in   io.WriteCloser
	out  *bufio.Reader
	end  func()
	n    int
}

// up mounts the root $3 of the kind $1 from the disk of the blockdev $2 that is seen at
// $4/disk.fuse, and then takes commands.
const upSh = `set -eu
mount --make-rprivate /
cd "$4"
qemu-storage-daemon --blockdev "$2" --export "fuse,id=e,node-name=d,mountpoint=disk.fuse,writable=on,growable=off" >&2 &
while kill -0 $! && [ "$(stat -c %s disk.fuse)" = 0 ]; do sleep 0.1; done
options=loop
[ "$1" != name ] || options=loop,subvol=@
mount -t btrfs -o "$options" disk.fuse "$3"
[ "$1" != snapper ] || mount -t btrfs -o subvol=@/.snapshots "$(findmnt -nvo SOURCE "$3")" "$3/.snapshots"
mount -t proc proc "$3/proc"
mount --rbind /dev "$3/dev"
mount --rbind /sys "$3/sys"
mount -t tmpfs tmpfs "$3/run"
mount --bind cmdline "$3/proc/cmdline"
printf '#!/bin/sh\n' >"$3/usr/local/sbin/reboot" # nobody boots
chmod 755 "$3/usr/local/sbin/reboot"
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C DEBIAN_FRONTEND=noninteractive
exec chroot "$3" sh
`

func newShelf(t *testing.T, kind string) *shelf {
	t.Helper()
	if out := qemu.Tool(t, "losetup", "-nlO", "BACK-FILE"); strings.Contains(out, "TestFlushes") {
		t.Fatalf("a disk of an earlier trial is still mounted, and btrfs takes all with one UUID for the same:\n%s", out)
	}
	images, err := qemu.Images("btrfs", "image.sh", "../qemu/system.sh")
	if err != nil {
		t.Fatal(err)
	}
	s := &shelf{t: t, dir: t.TempDir(), disk: filepath.Join(images, kind+".img"), p: btrfs.Provider()}
	if kind == "snapper" {
		s.p = snapper.Provider()
	}
	for name, text := range map[string]string{"log": "", "disk.fuse": "", "cmdline": kinds[kind] + "\n"} {
		if err := os.WriteFile(s.path(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(s.path("root"), 0o700); err != nil {
		t.Fatal(err)
	}
	qemu.Tool(t, "qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", s.disk, s.path("disk"))
	file := func(name string) map[string]any {
		return map[string]any{"driver": "file", "filename": s.path(name), "cache": map[string]any{"no-flush": true}}
	}
	block, err := json.Marshal(map[string]any{"driver": "blklogwrites", "node-name": "d", "log": file("log"), "file": map[string]any{"driver": "qcow2", "file": file("disk")}})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", upSh, "up", kind, string(block), s.path("root"), s.dir)
	errs, err := os.Create(s.path("errors"))
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = errs
	if s.in, err = cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	s.out = bufio.NewReader(out)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var ended bool
	s.end = func() {
		if !ended {
			ended = true
			_ = cmd.Process.Kill() // with all that is in its namespaces
			_ = cmd.Wait()
			_ = errs.Close()
		}
	}
	t.Cleanup(s.end)
	return s
}

func (s *shelf) path(name string) string { return filepath.Join(s.dir, name) }

// sh runs a script there.
func (s *shelf) sh(text string) string {
	s.t.Helper()
	s.n++
	mark := fmt.Sprintf("END-%d-", s.n)
	if _, err := fmt.Fprintf(s.in, "( %s\n) </dev/null; echo %s$?\n", text, mark); err != nil {
		s.t.Fatal(err)
	}
	var out strings.Builder
	for {
		line, err := s.out.ReadString('\n')
		if err != nil {
			errs, _ := os.ReadFile(s.path("errors")) // there is nothing more to say without it
			s.t.Fatalf("%s: it ended: %v\n%s\n%s", text, err, out.String(), errs)
		}
		if text, code, ok := strings.Cut(line, mark); ok {
			if out.WriteString(text); code != "0\n" {
				s.t.Fatalf("status %s: %s", code, out.String())
			}
			return out.String()
		}
		out.WriteString(line)
	}
}

func (s *shelf) ask(op restore.Op, at restore.Point) restore.Said {
	s.t.Helper()
	const nonce = "00112233445566778899aabbccddeeff"
	call, _ := s.p.Call(op, at)
	body, err := script.Encode(connectors.DialectSh, call.Script, nonce, call.Args)
	if err != nil {
		s.t.Fatal(err)
	}
	out := s.sh("cat >/run/op <<'END-OF-OP'\n" + string(body) + "\nEND-OF-OP\nsh /run/op 2>&1 || :")
	said := s.p.Read(op, at, framing.ParseLog(nonce, []byte(out)))
	if said.Why != "" || said.State == "" && !said.Possible {
		s.t.Logf("%s said %+v of %q", op, said, out)
	}
	return said
}

func (s *shelf) written() int64 {
	s.t.Helper()
	info, err := os.Stat(s.path("log"))
	if err != nil {
		s.t.Fatal(err)
	}
	return info.Size()
}

// TestFlushes looks at the disk of a host as it was at every flush of a rollback: of one that is
// left to itself, and of one in which the file system is committed after every step. What
// was told of the host has to be on the disk by then.
func TestFlushes(t *testing.T) {
	for _, kind := range []string{"name", "default", "snapper"} {
		for _, how := range []string{"left to itself", "after every step"} {
			t.Run(kind+", "+how, func(t *testing.T) { flushes(t, kind, how == "after every step") })
		}
	}
}

func flushes(t *testing.T, kind string, stepped bool) {
	s := newShelf(t, kind)
	s.sh(stepper)
	if s.sh("uname -n >/dev/null; findmnt -no FSTYPE /") != "btrfs\n" {
		t.Fatal("the root is no btrfs")
	}
	before := s.sh(everyFile)
	at := restore.Point{Tag: restore.Tag("r20261122-020000-a1b2c3", kind), Host: &inventory.Host{Name: kind}}
	if d := s.ask(restore.OpDetect, at); !d.Possible {
		t.Fatalf("detect: %+v", d)
	}
	made := s.ask(restore.OpCreate, at)
	created := s.written()
	at.ID = made.ID
	at.Before = s.ask(restore.OpCheck, at).Identity
	if made.State != restore.Whole || at.Before == "" {
		t.Fatalf("create: %+v", made)
	}
	s.sh("{ apt-get -q update && apt-get -qy upgrade && sync; } >/run/apt.log 2>&1 || { cat /run/apt.log; exit 1; }")
	broken := s.sh(everyFile)
	if len(qemu.Changed(before, broken)) < 300 {
		t.Fatalf("the upgrade has changed %d lines", len(qemu.Changed(before, broken)))
	}
	if stepped {
		s.sh(": >/run/stepped")
	}
	began := s.written()
	if r := s.ask(restore.OpRollback, at); r.State != restore.Pending || r.Why != "" {
		t.Fatalf("rollback: %+v", r)
	}
	told := s.written()
	if stepped {
		t.Logf("the steps:\n%s", s.sh("cut -c 1-150 /run/stepped"))
	}
	s.end()
	log, err := qemu.ReadLog(s.path("log"))
	if err != nil {
		t.Fatal(err)
	}
	d := disksOf(t, log, s.disk, s.path("state.img"), kind)
	d.to(t, log.Until(created))
	if now := d.look(t, true, 1); now.point != sumOf(before) || now.system != sumOf(before) {
		t.Errorf("when the point was told to be whole: %+v", now)
	}
	d.to(t, log.Until(told))
	if now := d.look(t, true, 1); now.system != sumOf(before) {
		t.Errorf("when the rollback was told to wait for the boot only: %+v", now)
	}
	d.states(t, log.Until(began), sumOf(before), sumOf(broken))
}
