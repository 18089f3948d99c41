package zfs_test

import (
	"slices"
	"strings"
	"testing"

	"patchwave/connectors"
	"patchwave/connectors/framing"
	"patchwave/connectors/script"
	"patchwave/engine/restore"
	"patchwave/engine/restore/restoretest"
	"patchwave/engine/restore/zfs"
	"patchwave/inventory"
)

func TestContract(t *testing.T) {
	restoretest.Run(t, zfs.Provider(), restoretest.Host{Declared: &inventory.Host{Name: "web-01"},
		Facts:  inventory.Facts{OS: inventory.OS{Family: "debian", Name: "debian"}},
		Others: []inventory.Facts{{OS: inventory.OS{Family: "windows", Name: "windows"}}, {OS: inventory.OS{Family: "windows", Name: "windows-server"}}}})
}

const root = "rpool/ROOT/debian"

// howto is a fake pool as the guide of OpenZFS for Debian lays it out.
func howto() *pool {
	p := &pool{Pool: map[string]string{"health": "ONLINE", "readonly": "off", "capacity": "30", "size": "53687091200"},
		Cmdline: "BOOT_IMAGE=/BOOT/debian@/vmlinuz root=ZFS=rpool/ROOT/debian ro", Usage: "usage:\n\trename [-f] <filesystem> <filesystem>\n\trename -u [-f] <filesystem> <filesystem>",
		Fail: map[string]string{}}
	p.add("rpool", "")
	p.add("rpool/ROOT", "")
	r := p.add(root, "")
	r.Props = map[string]string{"mountpoint": "/", "canmount": "noauto", "com.example:note": "two  words", "available": "10737418240"}
	p.Root, p.BootGUID = r.GUID, r.GUID
	p.add(root+"@daily-1", "")
	return p
}

// reboot is the next boot of the fake.
func (p *pool) reboot() {
	p.Root = p.BootGUID
	if _, name, ok := strings.Cut(p.Cmdline, "root=ZFS="); ok {
		p.Root = p.must(strings.Fields(name)[0]).GUID
	}
}

func (p *pool) names() string {
	var out []string
	for _, s := range p.Sets {
		out = append(out, s.Name)
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

type asker struct {
	t   *testing.T
	dir string
	p   *pool
}

func (a asker) ask(op restore.Op, at restore.Point) restore.Said {
	a.t.Helper()
	const nonce = "00112233445566778899aabbccddeeff"
	call, ok := zfs.Provider().Call(op, at)
	if !ok {
		a.t.Fatalf("%s has no call", op)
	}
	body, err := script.Encode(connectors.DialectSh, call.Script, nonce, call.Args)
	if err != nil {
		a.t.Fatal(err)
	}
	return zfs.Provider().Read(op, at, framing.ParseLog(nonce, run(a.t, a.p, a.dir, body)))
}

func point() restore.Point { return restore.Point{Tag: restore.Tag("r1", "web-01")} }

// TestFakeLife is the life of a point on the fake pool, booted by name and by bootfs.
func TestFakeLife(t *testing.T) {
	for _, cmdline := range []string{"root=ZFS=rpool/ROOT/debian ro", "root=zfs:AUTO ro"} {
		a, at := asker{t, links(t), howto()}, point()
		a.p.Cmdline = cmdline
		if s := a.ask(restore.OpDetect, at); !s.Possible || !strings.Contains(strings.Join(s.Cannot, "\n"), "/boot (zfs)") {
			t.Fatalf("detect: %+v", s)
		}
		made, again := a.ask(restore.OpCreate, at), a.ask(restore.OpCreate, at)
		if made.State != restore.Whole || made.ID == "" || again.ID != made.ID {
			t.Fatalf("create: %+v, then %+v", made, again)
		}
		at.ID = made.ID
		if got := a.p.must(root + "@" + at.Tag).Holds; !slices.Equal(got, []string{"patchwave"}) {
			t.Errorf("holds: %v", got)
		}
		at.Before = a.ask(restore.OpCheck, at).Identity
		a.p.add(root+"@daily-2", "")
		if s := a.ask(restore.OpRollback, at); s.State != restore.Pending || s.Why != "" {
			t.Fatalf("rollback: %+v", s)
		}
		if s := a.ask(restore.OpRemove, at); s.Code != "locked" {
			t.Errorf("remove before the boot: %+v", s)
		}
		if s := a.ask(restore.OpDetect, at); s.Possible {
			t.Errorf("a point of a system that goes down: %+v", s)
		}
		a.p.reboot()
		if s := a.ask(restore.OpProve, at); s.State != restore.Restored || s.Identity == at.Before {
			t.Errorf("prove: %+v", s)
		}
		if got := a.p.must(root).Props; got["com.example:note"] != "two  words" || got["io.patchwave:tag"] != "" || got["mountpoint"] != "/" {
			t.Errorf("the settings of the root: %v", got)
		}
		if s := a.ask(restore.OpRemove, at); s.Code != "locked" || a.p.find(root+"@"+at.Tag) == nil {
			t.Errorf("remove, while somebody's snapshot is in the old root: %+v", s)
		}
		a.p.Sets = slices.DeleteFunc(a.p.Sets, func(s *set) bool { return strings.HasSuffix(s.Name, "@daily-2") })
		if s := a.ask(restore.OpRemove, at); s.State != restore.Removed || a.p.names() != "rpool rpool/ROOT rpool/ROOT/debian rpool/ROOT/debian@daily-1" {
			t.Errorf("remove: %+v, left: %s", s, a.p.names())
		}
		if slices.ContainsFunc(a.p.Ran, func(l string) bool {
			return strings.HasPrefix(l, "zfs destroy -") || strings.HasPrefix(l, "zfs rollback")
		}) {
			t.Errorf("something of others can be destroyed: %v", a.p.Ran)
		}
	}
}

// TestDetect: where a rollback could not come through, no point is promised.
func TestDetect(t *testing.T) {
	for why, set := range map[string]func(*pool){
		"is DEGRADED":                   func(p *pool) { p.Pool["health"] = "DEGRADED" },
		"is read-only":                  func(p *pool) { p.Pool["readonly"] = "on" },
		"85 % full":                     func(p *pool) { p.Pool["capacity"] = "85" },
		"MiB are needed":                func(p *pool) { p.must(root).Props["available"] = "1048576" },
		"does not say how much":         func(p *pool) { p.Pool["capacity"] = "-" },
		"the next boot takes rpool/b":   func(p *pool) { p.Cmdline = "root=zfs:rpool/b" },
		"bootfs of the pool is":         func(p *pool) { p.Cmdline, p.BootGUID = "root=zfs:AUTO", "" },
		"has datasets below it":         func(p *pool) { p.add(root+"/usr", "") },
		"encryption key of its own":     func(p *pool) { p.must(root).Props["encryptionroot"] = root },
		"OpenZFS 2.1 or newer":          func(p *pool) { p.Usage = "usage:\n\trename [-f] <filesystem>" },
		"neither / nor legacy":          func(p *pool) { p.must(root).Props["mountpoint"] = "/mnt" },
		"/etc is not in the root":       func(p *pool) { p.Other = "/etc" },
		"is not on ZFS":                 func(p *pool) { p.Root = "" },
		"the top of the pool":           func(p *pool) { p.Root = p.must("rpool").GUID },
		"characters that cannot be tol": func(p *pool) { p.must(root).Name = "rpool/ROOT/a b" },
	} {
		a := asker{t, links(t), howto()}
		set(a.p)
		if s := a.ask(restore.OpDetect, restore.Point{}); s.Possible || !strings.Contains(s.Why, why) {
			t.Errorf("%s: %+v", why, s)
		}
	}
}

// TestCreateFails: what is not whole is said to be none.
func TestCreateFails(t *testing.T) {
	tag := point().Tag
	for name, tt := range map[string]struct {
		set  func(*pool)
		code string
		why  string
	}{
		"no space":      {func(p *pool) { p.Fail["zfs snapshot"] = "cannot create snapshot 'x': out of space" }, "disk", "out of space"},
		"not held":      {func(p *pool) { p.Fail["zfs hold "] = "cannot hold: permission denied" }, "exit", "permission denied"},
		"somebody's":    {func(p *pool) { p.add(root+"@"+tag, "") }, "exit", "mark of patchwave"},
		"inherits mark": {func(p *pool) { p.must(root).Props["io.patchwave:tag"] = tag; p.add(root+"@"+tag, "") }, "exit", "mark of patchwave"},
	} {
		a := asker{t, links(t), howto()}
		tt.set(a.p)
		if s := a.ask(restore.OpCreate, point()); s.State != restore.Unusable || s.Code != tt.code || !strings.Contains(s.Why, tt.why) {
			t.Errorf("%s: %+v", name, s)
		}
		if name == "somebody's" || name == "inherits mark" {
			if s := a.ask(restore.OpRemove, point()); s.Code != "guard" || a.p.find(root+"@"+tag) == nil {
				t.Errorf("%s: %+v", name, s)
			}
			if s := a.ask(restore.OpList, restore.Point{}); len(s.Points) > 0 {
				t.Errorf("%s is listed: %+v", name, s)
			}
		}
	}
}

// TestRollbackFails: whatever fails on the way, the host boots what it ran from, under
// the name that it had.
func TestRollbackFails(t *testing.T) {
	for _, fail := range []string{"zfs clone", "mount -t zfs", "zfs set io.patchwave:name", "zfs rename -u " + root, "zfs rename -u rpool/ROOT/" + point().Tag + ".new", "zpool set bootfs"} {
		a, at := asker{t, links(t), howto()}, point()
		a.p.must(root).Props["canmount"] = "on"
		at.ID = a.ask(restore.OpCreate, at).ID
		a.p.Fail[fail] = "cannot do it: pool or dataset is busy"
		was := a.p.Root
		s := a.ask(restore.OpRollback, at)
		if s.State != restore.NotRestored || !strings.Contains(s.Why, "busy") {
			t.Errorf("%s: %+v", fail, s)
		}
		a.p.reboot()
		if got := a.p.must(root); a.p.Root != was || got.GUID != was || a.p.BootGUID != was || got.Props["canmount"] != "on" || got.Props["io.patchwave:tag"] != "" {
			t.Errorf("%s: the next boot takes another one: %s, %v", fail, a.p.names(), got)
		}
		if s := a.ask(restore.OpRollback, at); s.State != restore.Pending {
			t.Errorf("%s, again: %+v", fail, s)
		}
	}
}

// TestSwapCut cuts the power after each change of a rollback that renames something. What boots by bootfs boots,
// what boots by name too, but for the one moment in which nothing has the name, when a
// rename by hand helps; and the rollback goes through when it is asked for again, under
// the name that the root had.
func TestSwapCut(t *testing.T) {
	for cmdline, after := range map[string][]int{"root=ZFS=" + root + " ro": {3, 4}, "root=zfs:AUTO ro": {2, 3, 4, 5}} {
		nameless := 0
		for _, changes := range after { // a copy, its mark, the one name, the other, bootfs
			a, at := asker{t, links(t), howto()}, point()
			a.p.Cmdline = cmdline
			at.ID = a.ask(restore.OpCreate, at).ID
			at.Before = a.ask(restore.OpCheck, at).Identity
			a.p.Cut = changes + 1
			a.ask(restore.OpRollback, at)
			a.p.Cut = 0
			a.p.reboot()
			if a.p.Root == "" {
				nameless++
				a.p.must("rpool/ROOT/" + at.Tag + ".failed").Name = root // what doc.go says
				a.p.reboot()
			}
			said := a.ask(restore.OpProve, at)
			if said.State == restore.NotRestored {
				if s := a.ask(restore.OpRollback, at); s.State != restore.Pending {
					t.Fatalf("%s: after %d changes: rollback: %+v\n%s", cmdline, changes, s, a.p.names())
				}
				a.p.reboot()
				said = a.ask(restore.OpProve, at)
			}
			if got := a.p.byGUID(a.p.Root); said.State != restore.Restored || got == nil || got.Name != root {
				t.Fatalf("%s: after %d changes: %+v, %s", cmdline, changes, said, a.p.names())
			}
			if s := a.ask(restore.OpRemove, at); s.State != restore.Removed || a.p.names() != "rpool rpool/ROOT rpool/ROOT/debian rpool/ROOT/debian@daily-1" {
				t.Errorf("%s: after %d changes: remove: %+v, left: %s", cmdline, changes, s, a.p.names())
			}
			if got := a.p.byGUID(a.p.BootGUID); got == nil || got.Name != root {
				t.Errorf("%s: after %d changes: bootfs is %+v", cmdline, changes, got)
			}
		}
		if want := map[bool]int{true: 1}[strings.Contains(cmdline, "ZFS=")]; nameless != want {
			t.Errorf("%s: %d times without a root", cmdline, nameless)
		}
	}
}

// TestSettle: a root that was booted by hand under the name of what failed stays what it is.
func TestSettle(t *testing.T) {
	a, at := asker{t, links(t), howto()}, point()
	a.p.Cmdline = "root=zfs:AUTO ro"
	at.ID = a.ask(restore.OpCreate, at).ID
	if s := a.ask(restore.OpRollback, at); s.State != restore.Pending {
		t.Fatalf("rollback: %+v", s)
	}
	failed := a.p.must("rpool/ROOT/" + at.Tag + ".failed")
	a.p.BootGUID = failed.GUID
	a.p.reboot()
	names := a.p.names()
	next := restore.Point{Tag: restore.Tag("r2", "web-01")}
	if s := a.ask(restore.OpCreate, next); s.State != restore.Whole || failed.GUID != a.p.Root || a.p.find(failed.Name+"@"+next.Tag) == nil {
		t.Errorf("create: %+v, %s, before: %s", s, a.p.names(), names)
	}
}

// TestRemoveKeeps: what somebody else has on a point keeps it.
func TestRemoveKeeps(t *testing.T) {
	for why, set := range map[string]func(*pool, *set){
		"somebody else holds the snapshot: backup":    func(_ *pool, s *set) { s.Holds = append(s.Holds, "backup") },
		"rpool/test, which is not of patchwave":       func(p *pool, s *set) { p.add("rpool/test", s.Name) },
		"is not of this restore point":                func(p *pool, s *set) { p.add("rpool/ROOT/"+point().Tag+".new", s.Name) },
		"it could not be removed: cannot destroy it":  func(p *pool, s *set) { p.Fail["zfs destroy "+s.Name] = "cannot destroy it" },
		"it could not be released: no such tag on it": func(p *pool, _ *set) { p.Fail["zfs release"] = "no such tag on it" },
	} {
		a, at := asker{t, links(t), howto()}, point()
		at.ID = a.ask(restore.OpCreate, at).ID
		set(a.p, a.p.must(root+"@"+at.Tag))
		s := a.ask(restore.OpRemove, at)
		if got := a.p.find(root + "@" + at.Tag); s.State != "" || !strings.Contains(s.Why, why) || got == nil || !slices.Contains(got.Holds, "patchwave") {
			t.Errorf("%s: %+v, %v", why, s, got)
		}
	}
	a := asker{t, links(t), howto()}
	for _, tag := range []string{"daily-1", "patchwave-../x", "patchwave-*"} {
		if s := a.ask(restore.OpRemove, restore.Point{Tag: tag}); s.State != "" || s.Why == "" || a.p.find(root+"@daily-1") == nil {
			t.Errorf("remove of %s: %+v", tag, s)
		}
	}
}
