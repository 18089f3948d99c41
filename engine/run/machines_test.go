package run_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/posix"
	"patchwave/engine/restore"
	"patchwave/inventory"
)

// virtual is what puppets run on: it takes snapshots of them and takes them back, with
// all that is on them. It answers the script restore-point, and implements
// run.Restores.
type virtual struct {
	mu     sync.Mutex
	guests map[string]*guest
	// says answers an operation instead of the machine: KEY=VALUE lines; "" does not.
	says func(op restore.Op) string
	// away is what a session ends with; nil is none.
	away error
}

// guest is one puppet and its snapshots.
type guest struct {
	*puppet
	starts    int
	snapshots map[string]snapshot
	current   string
	// taken are the tags that it was taken back to, removed those that are gone.
	taken, removed []string
}

type snapshot struct {
	version string
	jobs    map[string]*puppetJob
	order   []string
	made    int64
}

func newVirtual(ps ...*puppet) *virtual {
	v := &virtual{guests: map[string]*guest{}}
	for _, p := range ps {
		v.guests[p.name] = &guest{puppet: p, starts: 1, snapshots: map[string]snapshot{}}
	}
	return v
}

// Provider implements run.Restores.
func (*virtual) Provider(name string, _ *inventory.Host) restore.Provider {
	switch name {
	case restore.Hypervisor:
		return restore.Scripted{Word: name, Kind: "libvirt", Where: restore.OnHypervisor, Sh: ":",
			More: func(h *inventory.Host) map[string]string { return map[string]string{"domain": h.Hypervisor.Domain} }}
	case restore.VSS, restore.SystemRestore:
		return restore.Scripted{Word: name, Kind: name, Where: restore.OnHost, PowerShell: "1"}
	default:
		return nil
	}
}

// Session implements run.Restores.
func (v *virtual) Session(context.Context, string, *inventory.Host) (connectors.Session, error) {
	if v.away != nil {
		return nil, v.away
	}
	return v, nil
}

// Dialect implements connectors.Session.
func (*virtual) Dialect() connectors.Dialect { return connectors.DialectSh }

// Close implements connectors.Session.
func (*virtual) Close() error { return nil }

// Run implements connectors.Session.
func (v *virtual) Run(_ context.Context, c connectors.Command) (connectors.Result, error) {
	call, err := posix.Decode(c.Script)
	if err != nil {
		return connectors.Result{}, err
	}
	if call.Name != restore.Frame {
		return connectors.Result{}, errors.New("a hypervisor knows no script " + call.Name)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	g := v.guests[call.Args["domain"]]
	op := restore.Op(call.Args["op"])
	text := ""
	if v.says != nil {
		text = v.says(op)
	}
	if text == "" {
		g.mu.Lock()
		text = g.answerTo(op, call.Args)
		g.mu.Unlock()
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "@@%s BEGIN %s\n%s\n@@%s END %s rc=0\n@@%s DONE\n", call.Nonce, restore.Frame, text, call.Nonce, restore.Frame, call.Nonce)
	return connectors.Result{Stdout: out.Bytes()}, nil
}

func (g *guest) answerTo(op restore.Op, args map[string]string) string {
	tag := args["tag"]
	s, there := g.snapshots[tag]
	switch op {
	case restore.OpDetect:
		return "possible=yes"
	case restore.OpCreate:
		if !there {
			g.catchUp(time.Now())
			g.snapshots[tag] = snapshot{g.version, maps.Clone(g.jobs), slices.Clone(g.order), time.Now().Unix()}
			g.current = tag
		}
		return "state=whole\nid=" + tag
	case restore.OpCheck:
		if !there {
			return "state=absent\nwhy=somebody has deleted it"
		}
		return fmt.Sprintf("state=whole\nid=%s\nidentity=%d", tag, g.starts)
	case restore.OpRollback:
		g.version, g.jobs, g.order = s.version, maps.Clone(s.jobs), slices.Clone(s.order)
		g.starts, g.current, g.flag = g.starts+1, tag, false
		g.taken = append(g.taken, tag)
		g.downFrom, g.back = time.Now(), time.Now().Add(time.Minute)
		g.ops = nil
		return "state=restored"
	case restore.OpProve:
		switch {
		case args["before"] == fmt.Sprint(g.starts):
			return "state=pending"
		case g.current == tag:
			return "state=restored"
		}
		return "state=not-restored"
	case restore.OpRemove:
		delete(g.snapshots, tag)
		g.removed = append(g.removed, tag)
		return "state=removed"
	case restore.OpList:
		var lines []string
		for _, name := range slices.Sorted(maps.Keys(g.snapshots)) {
			lines = append(lines, fmt.Sprintf("point=%s\t%s\t%d\t0", name, name, g.snapshots[name].made))
		}
		return strings.Join(lines, "\n")
	default:
		return ""
	}
}
