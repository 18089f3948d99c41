package proxmox_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"patchwave/engine/restore"
	"patchwave/engine/restore/proxmox"
	"patchwave/engine/restore/restoretest"
	"patchwave/inventory"
)

type secret string

func (s secret) Reveal(context.Context) ([]byte, error) { return []byte(s), nil }
func (secret) Ref() string                              { return "cred:pve" }
func (secret) String() string                           { return "(sensitive)" }

func host() *inventory.Host {
	return &inventory.Host{Name: "web-01", Hypervisor: &inventory.Hypervisor{Type: "proxmox", Provider: "pve", Domain: "100"}}
}

func provider(t *testing.T, f *fakeAPI) proxmox.Provider {
	t.Helper()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: f.server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return proxmox.Provider{Word: "pve", Settings: proxmox.Settings{Name: "pve", URL: f.server.URL, Token: secret(token + "\n"), CAFile: ca, Poll: time.Millisecond}}
}

func TestContract(t *testing.T) {
	restoretest.Run(t, proxmox.Provider{Word: "pve"}, restoretest.Host{Declared: host()})
}

func point() restore.Point {
	return restore.Point{Tag: restore.Tag("r20261129-020000-a1b2c3", "web-01"), Host: host()}
}

func ask(t *testing.T, p restore.Provider, op restore.Op, at restore.Point) restore.Said {
	t.Helper()
	call, ok := p.Call(op, at)
	if !ok {
		t.Fatalf("no call for %s", op)
	}
	a, err := call.Do(t.Context())
	if err != nil {
		if strings.Contains(err.Error(), "1111") {
			t.Errorf("the token is in an error: %v", err)
		}
		return restore.Said{Code: "error", Why: err.Error()}
	}
	s := p.Read(op, at, a)
	if strings.Contains(s.Why, "1111") {
		t.Errorf("the token is in an answer: %s", s.Why)
	}
	return s
}

// TestLife is the life of a point of a machine and of a container, with a pid and
// without.
func TestLife(t *testing.T) {
	for name, set := range map[string]func(*fakeAPI){
		"qemu": func(*fakeAPI) {}, "no pid": func(f *fakeAPI) { f.noPID = true }, "stopped": func(f *fakeAPI) { f.run = false },
		"lxc": func(f *fakeAPI) { f.kind = "lxc" },
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, "qemu")
			set(f)
			f.snaps, f.parent = []fakeSnap{{"daily", "", "", "", ""}, {"patchwave-by-hand", "of somebody", "daily", "", ""}}, "patchwave-by-hand"
			life(t, f)
		})
	}
}

func life(t *testing.T, f *fakeAPI) {
	t.Helper()
	p, at := provider(t, f), point()
	if s := ask(t, p, restore.OpDetect, at); !s.Possible {
		t.Fatalf("detect: %+v", s)
	}
	if s := ask(t, p, restore.OpCheck, at); s.State != restore.Absent {
		t.Errorf("check before: %+v", s)
	}
	for range 2 {
		if s := ask(t, p, restore.OpCreate, at); s.State != restore.Whole || s.ID != at.Tag {
			t.Fatalf("create: %+v", s)
		}
	}
	at.ID = at.Tag
	before := ask(t, p, restore.OpCheck, at)
	if before.State != restore.Whole || before.Identity == "" {
		t.Fatalf("check: %+v", before)
	}
	at.Before = before.Identity
	if s := ask(t, p, restore.OpProve, at); s.State != restore.Pending {
		t.Errorf("prove before: %+v", s)
	}
	f.disk = "new"
	if s := ask(t, p, restore.OpRollback, at); s.State != restore.Restored || s.Identity == at.Before {
		t.Fatalf("rollback: %+v", s)
	}
	if s := ask(t, p, restore.OpProve, at); s.State != restore.Restored || f.disk != "old" || !f.run {
		t.Errorf("prove: %+v, the disk is %s", s, f.disk)
	}
	if s := ask(t, p, restore.OpList, restore.Point{Host: host()}); len(s.Points) != 1 || s.Points[0].Tag != at.Tag || s.Points[0].Created != 1700000000 {
		t.Errorf("list: %+v", s)
	}
	for _, want := range []restore.State{restore.Removed, restore.Absent} {
		if s := ask(t, p, restore.OpRemove, at); s.State != want {
			t.Errorf("remove: %+v", s)
		}
	}
	if len(f.snaps) != 2 {
		t.Errorf("snapshots of others: %v", f.snaps)
	}
	other := at
	other.Tag = "patchwave-by-hand"
	if s := ask(t, p, restore.OpRemove, other); s.Code != "guard" || s.State != "" {
		t.Errorf("another's is removed: %+v", s)
	}
	other.Tag = "daily"
	if s := ask(t, p, restore.OpRemove, other); s.Code != "guard" || len(f.snaps) != 2 {
		t.Errorf("another's is removed: %+v", s)
	}
}

func always(w func(http.ResponseWriter)) func(http.ResponseWriter) bool {
	return func(r http.ResponseWriter) bool { w(r); return true }
}

// TestTrouble: what goes wrong there is told, and is no success.
func TestTrouble(t *testing.T) {
	for _, tt := range []struct {
		name string
		op   restore.Op
		set  func(*fakeAPI)
		code string
		why  string
	}{
		{"no right", restore.OpDetect, func(f *fakeAPI) {
			f.trouble["GET /current"] = always(func(w http.ResponseWriter) {
				refuse(w, 403, "Permission check failed (/vms/100, VM.Audit)")
			})
		}, "exit", "VM.Audit"},
		{"lock file", restore.OpCreate, func(f *fakeAPI) {
			f.trouble["POST /snapshot"] = always(func(w http.ResponseWriter) {
				refuse(w, 500, "can't lock file '/var/lock/qemu-server/lock-100.conf' - got timeout")
			})
		}, "locked", "can't lock file"},
		{"locked before", restore.OpDetect, func(f *fakeAPI) { f.lock = "snapshot" }, "locked", "(snapshot)"},
		{"locked meanwhile", restore.OpCreate, func(f *fakeAPI) { f.lock = "backup" }, "locked", "VM is locked (backup)"},
		{"task fails", restore.OpCreate, func(f *fakeAPI) { f.fails["qmsnapshot"] = "lvcreate snapshot error: no space left" }, "disk", "lvcreate"},
		{"storage", restore.OpDetect, func(f *fakeAPI) { f.noSnaps = true }, "unsupported", "storage that cannot"},
		{"no machine", restore.OpDetect, func(f *fakeAPI) { f.node, f.kind = "pve2", "openvz" }, "unsupported", "no machine"},
		{"not the newest", restore.OpRollback, func(f *fakeAPI) {
			f.snaps = []fakeSnap{{point().Tag, "patchwave restore point of web-01", "", "", ""}, {name: "later"}}
		}, "exit", "not most recent"},
		{"gone", restore.OpRollback, func(*fakeAPI) {}, "exit", "no longer there"},
		{"half removed", restore.OpCheck, func(f *fakeAPI) {
			f.snaps = []fakeSnap{{point().Tag, "patchwave restore point of web-01", "", "", "delete"}}
		}, "interrupted", `"delete"`},
		{"somebody's", restore.OpCreate, func(f *fakeAPI) { f.snaps = []fakeSnap{{name: point().Tag}} }, "guard", "not patchwave's"},
		{"redirect", restore.OpDetect, func(f *fakeAPI) {
			f.trouble["GET /resources"] = always(func(w http.ResponseWriter) {
				w.Header().Set("Location", f.server.URL+"/stolen")
				w.WriteHeader(http.StatusFound)
			})
		}, "exit", "never followed"},
		{"endless body", restore.OpDetect, func(f *fakeAPI) {
			f.trouble["GET /resources"] = always(func(w http.ResponseWriter) { _, _ = w.Write([]byte(strings.Repeat("x", 5<<20))) })
		}, "exit", "more than 4 MiB"},
		{"no JSON", restore.OpDetect, func(f *fakeAPI) {
			f.trouble["GET /resources"] = always(func(w http.ResponseWriter) { _, _ = w.Write([]byte("<html>")) })
		}, "exit", "does not answer as"},
		{"control characters", restore.OpCreate, func(f *fakeAPI) { f.fails["qmsnapshot"] = "a\x1b[31mb\nstate=whole" }, "exit", "a [31mb state=whole"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t, "qemu")
			tt.set(f)
			s := ask(t, provider(t, f), tt.op, point())
			if s.Possible || s.State == restore.Whole || s.State == restore.Restored || s.Code != tt.code || !strings.Contains(s.Why, tt.why) {
				t.Errorf("%+v", s)
			}
			if tt.op == restore.OpRollback && !f.run {
				t.Error("the machine was left off")
			}
			if strings.Contains(strings.Join(f.asked, "\n"), "stolen") {
				t.Error("a redirect was followed")
			}
		})
	}
}

// TestRollbackFails: a machine that was stopped for a rollback that failed runs again.
func TestRollbackFails(t *testing.T) {
	f := newFake(t, "qemu")
	p, at := provider(t, f), point()
	ask(t, p, restore.OpCreate, at)
	f.trouble["POST /rollback"] = func(http.ResponseWriter) bool { f.run = false; return false }
	f.fails["qmrollback"] = "storage 'ceph' is not online"
	if s := ask(t, p, restore.OpRollback, at); s.State != restore.NotRestored || !strings.Contains(s.Why, "not online") || !f.run {
		t.Errorf("%+v, it runs: %v", s, f.run)
	}
}

// TestDoesNotStart: a machine that was taken back and stays off is no success.
func TestDoesNotStart(t *testing.T) {
	f := newFake(t, "qemu")
	p, at := provider(t, f), point()
	ask(t, p, restore.OpCreate, at)
	f.fails["qmstart"] = "start failed: QEMU exited with code 1"
	if s := ask(t, p, restore.OpRollback, at); s.State != restore.NotRestored || !strings.Contains(s.Why, "was taken back, and could not be started") {
		t.Errorf("%+v", s)
	}
	at.Before = "pid-4711"
	if s := ask(t, p, restore.OpProve, at); s.State != restore.Pending {
		t.Errorf("%+v", s)
	}
}

// TestLost: an answer that does not come is asked for again where nothing is changed,
// and is neither success nor failure where something may have been.
func TestLost(t *testing.T) {
	f := newFake(t, "qemu")
	p, at := provider(t, f), point()
	n := 0
	cut := func(w http.ResponseWriter) bool {
		if n++; n > 1 {
			return false
		}
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_ = conn.Close()
		}
		return true
	}
	f.trouble["GET /current"] = cut
	if s := ask(t, p, restore.OpDetect, at); !s.Possible || n != 2 {
		t.Errorf("%+v after %d", s, n)
	}
	ask(t, p, restore.OpCreate, at)
	n, f.trouble = 0, map[string]func(http.ResponseWriter) bool{"POST /rollback": cut}
	if s := ask(t, p, restore.OpRollback, at); s.State != restore.Pending {
		t.Errorf("%+v", s)
	}
}

// TestEndless: a task that never ends is left when the time is over.
func TestEndless(t *testing.T) {
	f := newFake(t, "qemu")
	p, at := provider(t, f), point()
	f.fails["qmsnapshot"] = "never"
	call, _ := p.Call(restore.OpCreate, at)
	over := errors.New("the time is over")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 300*time.Millisecond, over)
	defer cancel()
	if _, err := call.Do(ctx); !errors.Is(err, over) {
		t.Errorf("%v", err)
	}
}

// TestTrust: a certificate that is not the one, a token that is none, and an address
// without TLS are refused before anything is said.
func TestTrust(t *testing.T) {
	f := newFake(t, "qemu")
	sum := sha256.Sum256(f.server.Certificate().Raw)
	good := "sha256:" + hex.EncodeToString(sum[:])
	for _, tt := range []struct {
		name string
		set  func(*proxmox.Settings)
		why  string
	}{
		{"pinned", func(s *proxmox.Settings) { s.CAFile, s.Fingerprint = "", good }, ""},
		{"another pin", func(s *proxmox.Settings) { s.CAFile, s.Fingerprint = "", "sha256:"+strings.Repeat("0", 64) }, "server_fingerprint"},
		{"unknown authority", func(s *proxmox.Settings) { s.CAFile = "" }, "certificate"},
		{"no TLS", func(s *proxmox.Settings) { s.URL = "http://pve1:8006" }, "https://"},
		{"no token", func(s *proxmox.Settings) { s.Token = nil }, "has no token"},
		{"odd token", func(s *proxmox.Settings) { s.Token = secret("root@pam!x=1\r\nHost: evil") }, "USER@REALM!NAME=UUID"},
		{"wrong token", func(s *proxmox.Settings) { s.Token = secret("root@pam!x=1") }, "does not accept the token cred:pve"},
	} {
		p := provider(t, f)
		tt.set(&p.Settings)
		f.asked = nil
		s := ask(t, p, restore.OpDetect, point())
		if s.Possible != (tt.why == "") || !strings.Contains(s.Why, tt.why) {
			t.Errorf("%s: %+v", tt.name, s)
		}
		if !s.Possible && tt.name != "wrong token" && len(f.asked) > 0 {
			t.Errorf("%s: it was asked %v", tt.name, f.asked)
		}
	}
	byName := point()
	byName.Host.Hypervisor.Domain = "web-01"
	if s := ask(t, provider(t, f), restore.OpDetect, byName); !s.Possible {
		t.Errorf("by name: %+v", s)
	}
	byName.Host.Hypervisor.Domain = "twin"
	if s := ask(t, provider(t, f), restore.OpDetect, byName); s.Possible || !strings.Contains(s.Why, "2 machines") {
		t.Errorf("two of a name: %+v", s)
	}
}
