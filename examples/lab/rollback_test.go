//go:build lab

package lab_test

import (
	"strings"
	"testing"

	"patchwave/examples/lab/labhost"
)

const badDaemon = `
baseline "bad" {
  approve "bad" {
    packages = ["labdbad", "labtool"]
  }
}

preparation "lab" {
  restore_point {
    providers = ["packages"]
    required  = true
  }
}

verification "lab" {
  service "labdbad" {
    state  = "running"
    within = "5s"
  }
  tcp "answers" {
    port   = 8098
    within = "5s"
  }
  on_failure = "rollback"
}

policy "lab" {
  hosts        = group.lab
  baseline     = baseline.bad
  preparation  = preparation.lab
  verification = verification.lab
  rollout {
    max_failures = "100%"
  }
}
`

// TestVerification updates a daemon to a version that does not start: that is
// seen, and the hosts go back to what they had.
func TestVerification(t *testing.T) {
	t.Parallel()
	f := newFleet(t, badDaemon, labFlavours()...)
	before, marked := f.sh(t, packages()), f.sh(t, marks())
	doc := decode[runDoc](t, f.patchwave(t, 7, "apply", "-y", "-o", "json"))
	same(t, "states", everywhere("rolled-back", f.names()...), doc.states())
	for _, h := range doc.Hosts {
		for _, c := range h.Updates {
			if c.State != "rolled-back" {
				t.Errorf("%s: %s is %s", h.Name, c.Name, c.State)
			}
		}
	}
	same(t, "packages after the rollback", before, f.sh(t, packages()))
	same(t, "marks after the rollback", marked, f.sh(t, marks()))
	for name, out := range f.sh(t, onAll("systemctl is-active labdbad; perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new(\"127.0.0.1:8098\") or die; print $s \"GET / HTTP/1.0\\r\\n\\r\\n\"; print <$s>'")) {
		if !strings.HasPrefix(out, "active\n") || !strings.Contains(out, "ok labdbad 1.0") {
			t.Errorf("%s: the daemon says %q", name, out)
		}
	}
}

const movingUpdates = `
baseline "moving" {
  approve "moving" {
    packages       = ["labtool", "liblab", "labapp", "libauto", "labmulti", "confpkg", "keptback", "removerpkg", "newname", "a-very-long-*"]
    allow_removals = true
  }
  approve "gone" {
    where = GONE
  }
}

policy "lab" {
  hosts    = group.lab
  baseline = baseline.moving
  reboot {
    when = "never"
  }
  rollout {
    max_failures = "100%"
  }
}
`

// moving are updates of many kinds; with gone, also one whose old version is in
// no repository any more.
func moving(gone string) string {
	return strings.Replace(movingUpdates, "GONE", `update.name == "goneold" && `+gone, 1)
}

// exactly asks a host for all packages with their architecture, and for the content
// and the mode of every file below the directories of the lab's packages.
func exactly() map[labhost.Flavour]string {
	const files = "; cd / && find usr/share/lab* usr/share/*pkg usr/share/keptback usr/share/goneold usr/share/oldname usr/share/newname etc/*.conf usr/local/lib -type f 2>/dev/null | " +
		"sort | xargs -r stat -c '%n %a %u:%g' ; find usr/share/lab* usr/share/*pkg usr/share/keptback usr/share/oldname usr/share/newname etc/*.conf -type f 2>/dev/null | sort | xargs -r sha256sum"
	rpm := `rpm -qa --qf '%{name} %{arch} %|epoch?{%{epoch}:}|%{version}-%{release}\n' 2>/dev/null | sort` + files
	return map[labhost.Flavour]string{
		labhost.Apt:    `dpkg-query -W -f '${db:Status-Abbrev}${Package} ${Architecture} ${Version}\n' | grep '^.i '` + files,
		labhost.Dnf:    rpm,
		labhost.Zypper: rpm,
		labhost.Pacman: `pacman -Qi | grep -e ^Name -e ^Version -e ^Architecture -e 'Install Reason'` + files,
	}
}

// TestRollback undoes a run by hand, everywhere: upgrades, epochs, packages that
// came new (with apt their configuration too), packages that went, what was installed by
// itself, and one whose script has failed. The hosts are as they were, package by package and file by file; one
// where somebody changed a file of a package meanwhile says so.
func TestRollback(t *testing.T) {
	t.Parallel()
	f := newFleet(t, strings.Replace(moving("false"), `"labtool",`, `"labtool", "brokenpkg",`, 1), everyKind()...)
	before, marked, exact := f.sh(t, packages()), f.sh(t, marks()), f.sh(t, exactly())
	run := decode[runDoc](t, f.patchwave(t, 3, "apply", "-y", "-o", "json"))
	for name, diff := range changed(before, f.sh(t, packages())) {
		if len(diff) < 10 {
			t.Errorf("%s was hardly changed: %q", name, diff)
		}
	}
	f.hosts["plain"].MustSh(t, "echo 'setting = changed since' >/etc/labtool.conf")
	doc := decode[runDoc](t, f.patchwave(t, 0, "rollback", run.Run.ID, "-y", "-o", "json"))
	same(t, "states", everywhere("rolled-back", f.names()...), doc.states())
	same(t, "packages", before, f.sh(t, packages()))
	same(t, "marks", marked, f.sh(t, marks()))
	for _, name := range f.names() {
		notes := strings.Join(doc.host(t, name).Notes, "\n")
		if name == "plain" {
			const want = "after the rollback the host is not as it was before: "
			if !strings.Contains(notes, want) || !strings.Contains(notes, "now file /etc/labtool.conf") {
				t.Errorf("%s says %q", name, notes)
			}
			continue
		}
		if notes != "" {
			t.Errorf("%s says %q", name, notes)
		}
	}
	f.hosts["plain"].MustSh(t, "echo 'setting = default-of-1.0-1' >/etc/labtool.conf")
	for name, diff := range changed(exact, f.sh(t, exactly())) {
		same(t, name+": what is not exactly as before", []string{}, diff)
	}
	for name, out := range f.sh(t, onAll("du -sk /var/lib/patchwave-host/points/*; wc -l </var/lib/patchwave-host/points/*/manifest; ls /var/lib/patchwave-host/points/*")) {
		t.Log(name + ":\n" + out)
	}
}

const takenBack = `
preparation "lab" {
  restore_point {
    providers = PROVIDERS
  }
}

verification "lab" {
  unchanged  = ["broken_packages"]
  on_failure = "rollback"
}
`

// nowhere is a policy that rolls back, and one old version is in no repository.
func nowhere(providers string) string {
	policies := strings.Replace(takenBack, "PROVIDERS", providers, 1) + moving("true")
	return strings.Replace(policies, "baseline = baseline.moving", "baseline = baseline.moving\n  preparation = preparation.lab\n  verification = verification.lab", 1)
}

// TestNowhereToBeHad: an old version that cannot be had again, or whose copy is
// damaged, is found out before anything is changed, and the host says which one and
// what to do; a host with another provider takes that one. One copy lies where the
// index does not tell of it, and is found.
func TestNowhereToBeHad(t *testing.T) {
	t.Parallel()
	f := newFleet(t, nowhere(`["packages", "btrfs"]`), "dnf", "zypper", "pacman", "pacman-pool", "btrfs")
	f.hosts["pacman-pool"].MustSh(t, "mv /var/cache/pacman/pkg/labtool-1.0-1-any.pkg.tar.zst /srv/repo/lab/; ! ls /var/cache/pacman/pkg/labtool-1.0*")
	f.hosts["pacman"].MustSh(t, "cd /var/cache/pacman/pkg && truncate -s 300 labtool-1.0-1-any.pkg.tar.zst")
	f.hosts["dnf"].MustSh(t, "cd /srv/repo/base && truncate -s -20 libauto-1.0-1.el9.noarch.rpm")
	f.hosts["btrfs"].MustSh(t, "mkdir -p /var/lib/patchwave-host/points && chmod 700 /var/lib/patchwave-host && mount -t tmpfs -o mode=700,size=40m none /var/lib/patchwave-host/points")
	before := f.sh(t, packages())
	r := f.patchwave(t, 3, "apply", "-y", "-o", "json")
	doc := decode[runDoc](t, r)
	want := everywhere("failed", "dnf", "zypper", "pacman", "pacman-pool")
	want["btrfs"] = "done"
	same(t, "states", want, doc.states())
	now := f.sh(t, packages())
	for name, words := range map[string]string{"dnf": "goneold 1.0-1.el9, libauto 1.0-1.el9", "zypper": "goneold 1.0-1.el9", "pacman": "goneold 1.0-1, labtool 1.0-1", "pacman-pool": "goneold 1.0-1"} {
		h := doc.host(t, name)
		if h.Error.Code != "guard" || !strings.Contains(h.Error.Message, "the restore point cannot bring back "+words+": neither the host nor its repositories have it; give the host a repository") ||
			!strings.HasSuffix(h.Error.Message, "; nothing was changed") {
			t.Errorf("%s: %+v", name, h.Error)
		}
		if now[name] != before[name] {
			t.Errorf("%s has changed", name)
		}
	}
	show := f.patchwave(t, 0, "show", doc.Run.ID, "btrfs").Stdout
	if !strings.Contains(show, "the old packages need about 64 MiB below /var/lib/patchwave-host, and 40 MiB are free") || !strings.Contains(show, "btrfs") {
		t.Errorf("show says:\n%s", show)
	}
	t.Log(doc.host(t, "dnf").Error)
}

// TestRollbackOfWhatIsGone undoes the last run host by host, all at once. Where an
// old version cannot be had again, that is said, and all others are back; with
// apt the package was made again from its installed files.
func TestRollbackOfWhatIsGone(t *testing.T) {
	t.Parallel()
	f := newFleet(t, moving("true"), labFlavours()...)
	const aside = "/usr/share/goneold/version.aside"
	f.hosts["apt"].MustSh(t, "dpkg-divert --local --rename --divert "+aside+" --add /usr/share/goneold/version")
	before, marked := f.sh(t, packages()), f.sh(t, marks())
	f.patchwave(t, 0, "apply", "-y", "-q")
	rollbacks := map[string]background{}
	for _, name := range f.names() {
		rollbacks[name] = f.begin(t.Context(), t, "rollback", name, "-y", "-o", "json")
	}
	for name, rollback := range rollbacks {
		exit, state := 3, "failed"
		if f.hosts[name].Flavour == labhost.Apt {
			exit, state = 0, "rolled-back"
		}
		host := decode[runDoc](t, rollback.wait(t, exit)).host(t, name)
		if host.State != state || state == "failed" && !strings.Contains(host.Error.Message, "did not bring back goneold 1.0-1") {
			t.Errorf("%s is %s, %+v", name, host.State, host.Error)
		}
	}
	for name, diff := range changed(before, f.sh(t, packages())) {
		want := []string{"- goneold 1.0-1", "+ goneold 1.1-1"}
		if f.hosts[name].Flavour == labhost.Apt {
			want = []string{}
		}
		for i := range diff {
			diff[i] = strings.TrimSuffix(diff[i], ".el9")
		}
		same(t, name+" after its rollback", want, diff)
	}
	same(t, "the diverted file", "goneold 1.0-1\n", f.hosts["apt"].MustSh(t, "cat "+aside))
	same(t, "marks", marked, f.sh(t, marks()))
}

// TestRollbackOfTheRunningKernel: the kernel that runs is not removed, everything else
// goes back, and it is said what to do. That the new kernel runs is a fake: uname says
// so, for all guests have the kernel of this machine.
func TestRollbackOfTheRunningKernel(t *testing.T) {
	t.Parallel()
	f := newFleet(t, strings.Replace(moving("false"), `"labtool",`, `"labtool", "linux-image-lab",`, 1), "apt")
	h := f.hosts["apt"]
	before := f.sh(t, packages())
	run := decode[runDoc](t, f.patchwave(t, 0, "apply", "-y", "-o", "json"))
	h.MustSh(t, `printf '#!/bin/sh\ncase "$*" in -r) echo 6.1.2-1-lab;; *) exec /usr/bin/uname "$@";; esac\n' >/usr/local/bin/uname && chmod 755 /usr/local/bin/uname`)
	host := decode[runDoc](t, f.patchwave(t, 3, "rollback", run.Run.ID, "-y", "-o", "json")).host(t, "apt")
	if !strings.Contains(host.Error.Message, "linux-image-6.1.2-1-lab is the kernel that runs, which is never removed: boot the older one, then roll back again") {
		t.Errorf("%s: %+v", host.State, host.Error)
	}
	same(t, "what is not as before", map[string][]string{"apt": {"+ linux-image-6.1.2-1-lab 6.1.2-1"}}, changed(before, f.sh(t, packages())))
	h.MustSh(t, "rm /usr/local/bin/uname")
	f.patchwave(t, 0, "rollback", run.Run.ID, "-y", "-q")
	same(t, "packages once another kernel runs", before, f.sh(t, packages()))
}
