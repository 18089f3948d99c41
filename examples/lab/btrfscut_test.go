//go:build lab

package lab_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/script"
	"patchwave/engine/restore"
	"patchwave/engine/restore/btrfs"
	"patchwave/engine/restore/snapper"
	"patchwave/examples/lab/labhost"
	"patchwave/examples/lab/step"
	"patchwave/inventory"
)

// cutter: when as many of the steps as /run/cut says are done, it commits that to the
// disk, says so, and lets nobody go on: the power can be cut there.
var cutter = step.After("/run/cut", `echo "$tool $*" | sed 's,/[^ ]*/,,g' >>/run/cut.done
if [ "$(wc -l </run/cut.done)" = "$(cat /run/cut)" ]; then
	btrfs filesystem sync /
	: >/run/cut.now
	sleep 1000
fi`)

// TestSwapCut cuts the power after the steps of a rollback that matter most, on a host
// that boots by the name of its root; where longer trials are wanted after every step,
// also by the default subvolume, and by that of snapper. Each boots to
// the system of then or that of now, with what is inside of the root in its place; what
// was begun is finished when it is asked for again, and nothing stays behind.
func TestSwapCut(t *testing.T) {
	t.Parallel()
	names, first, last := []string{"btrfs-cut"}, 2, 4
	if labhost.Full() {
		names, first, last = append(names, "btrfsdefault-cut", "suse-cut"), 1, 20
	}
	f := newFleet(t, "", names...)
	at(t, f.names(), func(name string) error {
		c := cut{h: f.hosts[name], p: btrfs.Provider()}
		if c.h.Flavour == labhost.Zypper {
			c.p = snapper.Provider()
		}
		c.h.MustSh(t, cutter+"; btrfs subvolume create /srv/inside >/dev/null; echo kept >/srv/inside/kept")
		states := ""
		for step := first; step <= last && !t.Failed(); step++ {
			state, end, err := c.after(t, step)
			if err != nil {
				return err
			}
			states += state
			if end {
				break
			}
		}
		t.Logf("%s: %s", name, states)
		// the old system, then the new one that is not finished, then the new one
		order := strings.Trim(strings.TrimLeft(strings.TrimLeft(states, "o"), "u"), "r")
		if order != "" || !strings.Contains(states, "ou") || strings.HasSuffix(states, "rr") != labhost.Full() {
			t.Errorf("%s: %s", name, states)
		}
		return nil
	})
}

// cut is a host whose rollback is cut short.
type cut struct {
	h *labhost.Host
	p restore.Provider
}

func (c cut) asked(t *testing.T, op restore.Op, at restore.Point) restore.Said {
	t.Helper()
	return askedOf(t, c.p, c.h, op, at)
}

// after cuts the power after that many steps, and says what the host then is: o, the old
// system; u, the restored one with something left to do; r, the restored one. end says
// that there are no so many steps: it came to its end.
func (c cut) after(t *testing.T, step int) (state string, end bool, err error) {
	t.Helper()
	at := restore.Point{Tag: restore.Tag(fmt.Sprintf("r20261122-020000-%06d", step), c.h.Name), Host: &inventory.Host{Name: c.h.Name}}
	made := c.asked(t, restore.OpCreate, at)
	at.ID = made.ID
	at.Before = c.asked(t, restore.OpCheck, at).Identity
	if made.State != restore.Whole || at.Before == "" {
		return "", false, fmt.Errorf("create: %+v", made)
	}
	boot, err := c.h.BootID()
	if err != nil {
		return "", false, err
	}
	if end, err = c.begin(t, step, at); err != nil {
		return "", false, err
	}
	done := c.h.MustSh(t, "cat /run/cut.done")
	if end {
		if _, err := c.h.WaitReboot(t.Context(), boot); err != nil {
			return "", true, err
		}
	} else if err := errors.Join(c.h.Stop(t.Context()), c.h.Start(t.Context())); err != nil {
		return "", false, fmt.Errorf("after %q: %w", done, err)
	}
	state, err = c.found(t, at)
	if err != nil {
		return "", end, fmt.Errorf("after %q: %w", done, err)
	}
	return state, end, nil
}

// begin begins the rollback and waits until it has come so far, or to its end.
func (c cut) begin(t *testing.T, step int, at restore.Point) (end bool, err error) {
	t.Helper()
	call, _ := c.p.Call(restore.OpRollback, at)
	body, err := script.Encode(connectors.DialectSh, call.Script, "00", call.Args)
	if err != nil {
		return false, err
	}
	c.h.MustSh(t, fmt.Sprintf("echo later >/etc/later; rm -f /run/cut.*; echo %d >/run/cut; cat >/run/op <<'END-OF-OP'\n%s\nEND-OF-OP\n(sh /run/op; : >/run/cut.end) >/run/op.out 2>&1 &", step, body))
	if err := waitFor(t.Context(), c.h, time.Minute, "[ -e /run/cut.now ] || [ -e /run/cut.end ]"); err != nil {
		t.Fatal(err)
	}
	return c.h.MustSh(t, "ls /run/cut.end 2>/dev/null || :") != "", nil
}

// found says which system the host booted, has it finished, and the point removed.
func (c cut) found(t *testing.T, at restore.Point) (string, error) {
	t.Helper()
	state, changed := "r", "gone"
	said := c.asked(t, restore.OpProve, at)
	switch {
	case said.State == restore.NotRestored && strings.Contains(said.Why, "the same subvolume as before"):
		state, changed = "o", "later"
	case said.State == restore.Pending && said.Code == "interrupted":
		state = "u"
		if again := c.asked(t, restore.OpRollback, at); again.State != restore.Pending || again.Why != "" {
			return "", fmt.Errorf("finish: %+v", again)
		}
		said = c.asked(t, restore.OpProve, at)
	}
	if state != "o" && said.State != restore.Restored {
		return "", fmt.Errorf("prove: %+v", said)
	}
	out := c.h.MustSh(t, "cat /etc/later 2>/dev/null || echo gone; cat /srv/inside/kept; btrfs subvolume list -o / | grep -c '/srv/inside$'")
	if out != changed+"\nkept\n1\n" {
		return "", fmt.Errorf("%s: the host has %q", state, out)
	}
	if l := c.asked(t, restore.OpList, restore.Point{Host: at.Host}); len(l.Points) != 1 || l.Points[0].Tag != at.Tag {
		return "", fmt.Errorf("list: %+v", l)
	}
	if s := c.asked(t, restore.OpRemove, at); s.State != restore.Removed {
		return "", fmt.Errorf("remove: %+v", s)
	}
	left := c.h.MustSh(t, "rm -f /etc/later; btrfs subvolume list / | grep -c @patchwave; findmnt -nvo FSROOT / | sed 's,/[0-9]*/snapshot,,'; :")
	if left != "0\n/@\n" && left != "0\n/@/.snapshots\n" {
		return "", fmt.Errorf("%s: left: %q", state, left)
	}
	return state, nil
}
