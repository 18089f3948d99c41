//go:build virsh

package hypervisor_test

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/local"
	"patchwave/connectors/script"
	"patchwave/engine/restore"
	"patchwave/engine/restore/hypervisor"
	"patchwave/inventory"
)

// These tests speak to a real virsh and libvirtd, with libvirt's own test driver:
//
//	apt-get install libvirt-clients libvirt-daemon
//	go test -tags virsh ./engine/restore/hypervisor

// libvirtd starts a daemon of its own below a directory of the test, and keeps one
// connection to its test driver open, whose machines live as long as a connection
// does. It returns the URI.
func libvirtd(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	conf := filepath.Join(dir, "conf")
	text := "unix_sock_dir = \"" + dir + "\"\nauth_unix_ro = \"none\"\nauth_unix_rw = \"none\"\nlog_outputs = \"4:file:" + dir + "/log\"\n"
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	daemon := exec.CommandContext(ctx, "libvirtd", "-f", conf, "-p", filepath.Join(dir, "pid"))
	daemon.Env = append(os.Environ(), "XDG_RUNTIME_DIR="+dir, "HOME="+dir,
		"LIBVIRT_DRIVER_DIR="+dir) // no other driver than the one for tests, which is built in
	if err := daemon.Start(); err != nil {
		t.Fatalf("libvirtd (apt-get install libvirt-daemon): %v", err)
	}
	t.Cleanup(func() { cancel(); _ = daemon.Wait() })
	socket := filepath.Join(dir, "libvirt-sock")
	until(t, "the socket of libvirtd", func() bool { _, err := os.Stat(socket); return err == nil })
	uri := "test+unix:///default?socket=" + socket
	hold := exec.CommandContext(ctx, "virsh", "-c", uri)
	in, err := hold.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := hold.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := hold.Start(); err != nil {
		t.Fatalf("virsh (apt-get install libvirt-clients): %v", err)
	}
	t.Cleanup(func() { _ = in.Close(); _ = hold.Wait() })
	if _, err := io.WriteString(in, "list --name\n"); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() && strings.TrimSpace(lines.Text()) != "test" {
		continue
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	return uri
}

func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	deadline, tick := time.NewTimer(20*time.Second), time.NewTicker(20*time.Millisecond)
	defer deadline.Stop()
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("waited for %s in vain", what)
		}
	}
}

// asker asks a provider over a session of this machine.
type asker struct {
	t       *testing.T
	session connectors.Session
	p       restore.Provider
	host    *inventory.Host
	uri     string
}

func newAsker(t *testing.T, domain string) *asker {
	t.Helper()
	uri := libvirtd(t)
	s, err := local.Dialer{}.Dial(t.Context(), connectors.Target{Name: "kvm1", Kind: connectors.KindLocal})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	h := &inventory.Host{Name: "web-01", Hypervisor: &inventory.Hypervisor{Type: "libvirt", URI: uri, Domain: domain}}
	return &asker{t: t, session: s, p: hypervisor.Libvirt("hypervisor", ""), host: h, uri: uri}
}

func (r *asker) ask(op restore.Op, at restore.Point) restore.Said {
	r.t.Helper()
	at.Host = r.host
	c, ok := r.p.Call(op, at)
	if !ok {
		r.t.Fatalf("no call for %s", op)
	}
	a, err := script.Run(r.t.Context(), r.session, c.Script, c.Args, script.Options{Host: "kvm1", Command: connectors.Command{Timeout: time.Minute}})
	if err != nil {
		r.t.Fatalf("%s: %v", op, err)
	}
	return r.p.Read(op, at, a)
}

func (r *asker) virsh(args ...string) string {
	r.t.Helper()
	out, err := exec.CommandContext(r.t.Context(), "virsh", append([]string{"-q", "-c", r.uri}, args...)...).CombinedOutput()
	if err != nil {
		r.t.Fatalf("virsh %v: %v: %s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// TestVirsh is the life of a point on a real libvirt: made, found again, gone back to,
// removed; and the snapshot of somebody else stays.
func TestVirsh(t *testing.T) {
	r := newAsker(t, "test")
	at := restore.Point{Tag: restore.TagOf("0a1b2c", "r20261129-020000-a1b2c3", "web-01")}
	r.virsh("snapshot-create-as", "--domain", "test", "--name", "daily-backup")
	if s := r.ask(restore.OpDetect, at); !s.Possible || len(s.Cannot) != 1 {
		t.Fatalf("detect: %+v", s)
	}
	if s := r.ask(restore.OpCheck, at); s.State != restore.Absent {
		t.Fatalf("check before: %+v", s)
	}
	for range 2 { // who asks again has the same one
		if s := r.ask(restore.OpCreate, at); s.State != restore.Whole || s.ID != at.Tag {
			t.Fatalf("create: %+v", s)
		}
	}
	at.ID = at.Tag
	before := r.ask(restore.OpCheck, at)
	if before.State != restore.Whole || before.Identity != r.virsh("domid", "test") {
		t.Fatalf("check: %+v", before)
	}
	at.Before = before.Identity
	if s := r.ask(restore.OpProve, at); s.State != restore.Pending {
		t.Fatalf("prove before: %+v", s)
	}
	r.virsh("snapshot-create-as", "--domain", "test", "--name", "later") // the current one is another now
	if s := r.ask(restore.OpRollback, at); s.State != restore.Restored || s.Identity == at.Before {
		t.Fatalf("rollback: %+v", s)
	}
	if s := r.ask(restore.OpProve, at); s.State != restore.Restored {
		t.Fatalf("prove: %+v", s)
	}
	if got := r.virsh("domstate", "test") + " " + r.virsh("snapshot-current", "--domain", "test", "--name"); got != "running "+at.Tag {
		t.Errorf("the machine is %s", got)
	}
	s := r.ask(restore.OpList, restore.Point{})
	if len(s.Points) != 1 || s.Points[0].Tag != at.Tag || time.Since(time.Unix(s.Points[0].Created, 0)).Abs() > time.Hour {
		t.Fatalf("list: %+v", s)
	}
	if s := r.ask(restore.OpRemove, at); s.State != restore.Removed {
		t.Fatalf("remove: %+v", s)
	}
	if s := r.ask(restore.OpRemove, at); s.State != restore.Absent {
		t.Fatalf("remove again: %+v", s)
	}
	if names := strings.Fields(r.virsh("snapshot-list", "--domain", "test", "--name")); !slices.Equal(names, []string{"daily-backup", "later"}) {
		t.Errorf("left are %v", names)
	}
}

// TestVirshWhatGoesWrong: a machine that is not there, a snapshot that somebody has
// deleted, a machine that was started from something else, a daemon that is away.
func TestVirshWhatGoesWrong(t *testing.T) {
	r := newAsker(t, "test")
	at := restore.Point{Tag: restore.Tag("r1", "web-01")}
	if s := r.ask(restore.OpCreate, at); s.State != restore.Whole {
		t.Fatalf("create: %+v", s)
	}
	at.ID, at.Before = at.Tag, r.virsh("domid", "test")
	r.virsh("snapshot-create-as", "--domain", "test", "--name", "other")
	r.virsh("destroy", "test")
	r.virsh("start", "test")
	if s := r.ask(restore.OpProve, at); s.State != restore.NotRestored || s.Why == "" {
		t.Errorf("started from something else: %+v", s)
	}
	r.virsh("snapshot-delete", "--domain", "test", "--snapshotname", at.Tag)
	if s := r.ask(restore.OpCheck, at); s.State != restore.Absent || s.Why == "" {
		t.Errorf("deleted: %+v", s)
	}
	running := r.virsh("domid", "test")
	if s := r.ask(restore.OpRollback, at); s.State != restore.NotRestored || r.virsh("domid", "test") != running {
		t.Errorf("rollback to nothing: %+v", s)
	}
	if s := r.ask(restore.OpRemove, restore.Point{Tag: "other", ID: "other"}); s.State == restore.Removed {
		t.Errorf("somebody else's is removed: %+v", s)
	}
	r.virsh("suspend", "test")
	if s := r.ask(restore.OpDetect, at); s.Possible || s.Code != "locked" {
		t.Errorf("a machine that is paused: %+v", s)
	}
	r.host.Hypervisor.Domain = "nowhere"
	for _, op := range []restore.Op{restore.OpDetect, restore.OpCreate, restore.OpCheck, restore.OpRemove} {
		if s := r.ask(op, at); s.Possible || s.State == restore.Whole || s.State == restore.Removed || s.Why == "" {
			t.Errorf("%s of no machine: %+v", op, s)
		}
	}
	r.host.Hypervisor.Domain, r.host.Hypervisor.URI = "test", "test+unix:///default?socket=/nowhere/sock"
	for _, op := range []restore.Op{restore.OpDetect, restore.OpCreate, restore.OpCheck, restore.OpList, restore.OpRemove} {
		if s := r.ask(op, at); s.Possible || s.State == restore.Whole || s.State == restore.Absent || s.State == restore.Removed || s.Why == "" {
			t.Errorf("%s without a daemon: %+v", op, s)
		}
	}
}
