//go:build lab

package lab_test

import (
	"strings"
	"testing"

	"patchwave/engine/restore"
	"patchwave/engine/restore/snapper"
	"patchwave/examples/lab/labhost"
	"patchwave/inventory"
)

// snapperLists are the snapshots that snapper knows, without times: number, type,
// algorithm, what they are.
const snapperLists = `snapper --csvout -c root list --disable-used-space --columns number,type,cleanup,description,userdata`

// TestSnapperScript holds the script of the provider against a real snapper, in both
// layouts: what it makes, what it refuses, and what it never touches.
func TestSnapperScript(t *testing.T) {
	t.Parallel()
	f := newFleet(t, "", "snapper-one", "suse-one")
	at(t, f.names(), func(name string) error {
		s := snapped{h: f.hosts[name], at: restore.Point{Tag: restore.Tag("r20261122-020000-a1b2c3", name), Host: &inventory.Host{Name: name}}}
		if name == "snapper-one" {
			s.configured(t)
		}
		s.creates(t)
		s.behindItsBack(t)
		s.goesBack(t)
		return nil
	})
}

// snapped is a host with snapper, and the point of it that is tried.
type snapped struct {
	h  *labhost.Host
	at restore.Point
}

func (s *snapped) asked(t *testing.T, op restore.Op) restore.Said {
	t.Helper()
	return askedOf(t, snapper.Provider(), s.h, op, s.at)
}

// wants runs an operation and wants a state and some of the words.
func (s *snapped) wants(t *testing.T, op restore.Op, state restore.State, why string) restore.Said {
	t.Helper()
	said := s.asked(t, op)
	if said.State != state || !strings.Contains(said.Why, why) {
		t.Errorf("%s: %s: %+v, want %q with %q", s.h.Name, op, said, state, why)
	}
	return said
}

// configured gives the host a configuration, without which there are no points.
func (s *snapped) configured(t *testing.T) {
	t.Helper()
	if d := s.asked(t, restore.OpDetect); d.Possible || !strings.Contains(d.Why, "snapper -c root create-config /") {
		t.Errorf("without a configuration: %+v", d)
	}
	s.h.MustSh(t, "snapper -c root create-config /; mv /usr/bin/snapper /usr/bin/snapper.away")
	if d := s.asked(t, restore.OpDetect); d.Possible || !strings.Contains(d.Why, "not installed") {
		t.Errorf("without snapper: %+v", d)
	}
	s.h.MustSh(t, "mv /usr/bin/snapper.away /usr/bin/snapper; mv /run/dbus/system_bus_socket /run/dbus/away")
	if d := s.asked(t, restore.OpDetect); !d.Possible {
		t.Errorf("without D-Bus: %+v", d)
	}
	s.h.MustSh(t, "mv /run/dbus/away /run/dbus/system_bus_socket")
}

// creates makes a point beside another's snapshot; snapper's own cleanup leaves it.
func (s *snapped) creates(t *testing.T) {
	t.Helper()
	s.h.MustSh(t, "snapper -c root create -d daily -c number -u important=no; snapper -c root create -d kept -u patchwave=backup")
	if d := s.asked(t, restore.OpDetect); !d.Possible || d.Free < d.Need {
		t.Fatalf("%s: detect: %+v", s.h.Name, d)
	}
	s.wants(t, restore.OpCheck, restore.Absent, "no longer there")
	made := s.wants(t, restore.OpCreate, restore.Whole, "")
	if again := s.asked(t, restore.OpCreate); made.ID == "" || again.ID != made.ID {
		t.Fatalf("%s: create: %+v, then %+v", s.h.Name, made, again)
	}
	s.at.ID = made.ID
	s.at.Before = s.wants(t, restore.OpCheck, restore.Whole, "").Identity
	s.wants(t, restore.OpProve, restore.NotRestored, "the same subvolume")
	list := s.h.MustSh(t, snapperLists)
	if !strings.Contains(list, made.ID+",single,,patchwave: before updates ("+s.at.Tag+"),patchwave="+s.at.Tag+"\n") {
		t.Errorf("%s: snapper has it as\n%s", s.h.Name, list)
	}
	if l := s.asked(t, restore.OpList); len(l.Points) != 1 || l.Points[0].Tag != s.at.Tag || l.Points[0].ID != made.ID || l.Points[0].Created == 0 {
		t.Errorf("%s: list: %+v", s.h.Name, l)
	}
	s.h.MustSh(t, "snapper -c root set-config NUMBER_LIMIT=0 NUMBER_LIMIT_IMPORTANT=0 NUMBER_MIN_AGE=0 TIMELINE_MIN_AGE=0 EMPTY_PRE_POST_MIN_AGE=0; for a in number timeline empty-pre-post; do snapper -c root cleanup $a; done; ! snapper -c root list | grep -w daily")
	s.wants(t, restore.OpCheck, restore.Whole, "")
}

// behindItsBack spoils the point in ways that are only seen by looking.
func (s *snapped) behindItsBack(t *testing.T) {
	t.Helper()
	dir := "/.snapshots/" + s.at.ID
	s.h.MustSh(t, "btrfs property set "+dir+"/snapshot ro false")
	s.wants(t, restore.OpCheck, restore.Unusable, "not read-only")
	s.wants(t, restore.OpRollback, restore.NotRestored, "not read-only")
	s.h.MustSh(t, "btrfs subvolume delete "+dir+"/snapshot")
	s.wants(t, restore.OpCheck, restore.Unusable, "its subvolume is gone")
	// deleted, and its number is another's now
	s.h.MustSh(t, "snapper -c root delete "+s.at.ID+" || rm -r "+dir+"; systemctl stop snapperd; snapper -c root create -d another; ls "+dir)
	s.wants(t, restore.OpCheck, restore.Absent, "no longer there")
	s.wants(t, restore.OpRollback, restore.NotRestored, "no longer there")
	s.wants(t, restore.OpRemove, restore.Absent, "")
	s.h.MustSh(t, "ls "+dir+"/snapshot/usr")
	s.at.ID = ""
	s.at.ID = s.wants(t, restore.OpCreate, restore.Whole, "").ID
}

// goesBack is the way back itself, without a run around it.
func (s *snapped) goesBack(t *testing.T) {
	t.Helper()
	s.h.MustSh(t, "btrfs subvolume create /srv/inside && echo later >/srv/inside/later && echo later >/etc/later")
	// snapper leaves the system of before its own rollback to its cleanup
	before := s.h.MustSh(t, snapperLists+" | grep -v -e '^0,' -e 'first root filesystem'")
	boot, err := s.h.BootID()
	if err != nil {
		t.Fatal(err)
	}
	s.wants(t, restore.OpRollback, restore.Pending, "")
	if d := s.asked(t, restore.OpDetect); d.Possible {
		t.Errorf("%s: a point of a system that goes down: %+v", s.h.Name, d)
	}
	if _, err := s.h.WaitReboot(t.Context(), boot); err != nil {
		t.Fatal(err)
	}
	s.wants(t, restore.OpProve, restore.Restored, "")
	same(t, s.h.Name, "later\n", s.h.MustSh(t, "[ ! -e /etc/later ] && cat /srv/inside/later"))
	if gone := lacking("", lines(before), lines(s.h.MustSh(t, snapperLists))); len(gone) > 0 {
		t.Errorf("%s: snapper misses %q", s.h.Name, gone)
	}
	t.Logf("%s: %s", s.h.Name, s.h.MustSh(t, snapperLists))
	s.wants(t, restore.OpRemove, restore.Removed, "")
	s.wants(t, restore.OpRemove, restore.Absent, "")
	left := s.h.MustSh(t, snapperLists+" | grep -c patchwave-; btrfs subvolume list / | grep -c @patchwave; find /run -maxdepth 1 -name 'patchwave-btrfs*'; :")
	want := "0\n0\n"
	if s.h.Flavour == labhost.Zypper {
		want = "1\n0\n" // the system that runs
	}
	same(t, s.h.Name+" has left", want, left)
	s.h.MustSh(t, snapperLists+" | grep -q patchwave=backup")
}
