//go:build lab

package labhost

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// guest is one power cycle of a host: the process tree of guest.sh.
type guest struct {
	host    *Host
	cmd     *exec.Cmd
	cgroups []string
	exited  chan struct{} // closed after the last process of the tree is gone
}

// startGuest starts guest.sh in new namespaces, plugs its cable in and lets it
// boot.
func startGuest(ctx context.Context, h *Host) (_ *guest, err error) {
	g := &guest{host: h, exited: make(chan struct{})}
	g.cgroups, err = makeCgroups(h.lab.id + "-" + h.Name)
	if err != nil {
		return nil, err
	}
	begin, err := g.start(context.WithoutCancel(ctx)) // it outlives whoever asked for it
	if err != nil {
		return nil, errors.Join(err, removeCgroups(ctx, g.cgroups))
	}
	go func() {
		_ = g.cmd.Wait() // however it ended, it is off
		close(g.exited)
	}()
	if err := g.plug(ctx); err != nil {
		return nil, errors.Join(err, begin.Close(), g.kill(ctx))
	}
	_, err = fmt.Fprintln(begin, "boot")
	if err := errors.Join(err, begin.Close()); err != nil {
		return nil, errors.Join(err, g.kill(ctx))
	}
	return g, nil
}

// start starts the process; it waits for a line on the pipe it returns.
func (g *guest) start(ctx context.Context) (begin *os.File, err error) {
	h := g.host
	console, err := os.OpenFile(filepath.Join(h.state(), "console"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { _ = console.Close() }() // the child has its own
	stdin, begin, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer func() { _ = stdin.Close() }() // the child has its own
	g.cmd = exec.CommandContext(ctx, "/bin/sh", filepath.Join(h.lab.Dir, "scripts", "guest.sh"), h.Name, h.mode, h.state(),
		h.lab.images.lower(h.Flavour, h.bare), h.Addr, gateway, strconv.FormatFloat(h.dark.Seconds(), 'f', 3, 64))
	g.cmd.Env = []string{"CGROUPS=" + strings.Join(g.cgroups, " ")}
	if h.btrfs != "" {
		g.cmd.Env = append(g.cmd.Env, "BTRFS="+h.btrfs)
	}
	if h.snapper {
		g.cmd.Env = append(g.cmd.Env, "SNAPPER=yes")
	}
	g.cmd.Stdin, g.cmd.Stdout, g.cmd.Stderr = stdin, console, console
	g.cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:   syscall.CLONE_NEWPID | syscall.CLONE_NEWNET,
		Unshareflags: syscall.CLONE_NEWNS,
	}
	if err := h.lab.net.start(g.cmd); err != nil {
		return nil, errors.Join(err, begin.Close())
	}
	return begin, nil
}

// cable is the lab's end of the guest's cable.
func (h *Host) cable() string { return "v" + strconv.Itoa(h.number) }

// mac is the guest's hardware address. It stays over resets, as a machine's
// does: else neighbours send to the old one for half a minute.
func (h *Host) mac() string { return fmt.Sprintf("52:54:00:77:00:%02x", h.number) }

// plug brings eth0 into being, inside the guest, and its other end on the bridge.
func (g *guest) plug(ctx context.Context) error {
	l, cable := g.host.lab, g.host.cable()
	pid := strconv.Itoa(g.cmd.Process.Pid)
	if err := l.ip(ctx, "link", "add", cable, "type", "veth", "peer",
		"name", "eth0", "address", g.host.mac(), "netns", pid); err != nil {
		return err
	}
	return l.ip(ctx, "link", "set", cable, "master", bridge, "up")
}

// kill ends every process of the guest and waits until mounts and interfaces
// are gone with them.
func (g *guest) kill(ctx context.Context) error {
	if err := g.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill %s: %w", g.host.Name, err)
	}
	select {
	case <-g.exited:
	case <-ctx.Done():
		return fmt.Errorf("wait for the end of %s: %w", g.host.Name, context.Cause(ctx))
	}
	if err := g.unplug(ctx); err != nil {
		return err
	}
	return removeCgroups(ctx, g.cgroups)
}

// unplug removes the cable, which the kernel also does by itself, but later: it
// may be gone before ip looks for it, or between the look and the removal.
func (g *guest) unplug(ctx context.Context) error {
	err := g.host.lab.ip(ctx, "link", "delete", g.host.cable())
	if err != nil && (strings.Contains(err.Error(), "Cannot find device") || strings.Contains(err.Error(), "No such device")) {
		return nil
	}
	return err
}

// init finds the process that is number 1 inside the guest.
func (g *guest) init() (int, error) {
	top := g.cmd.Process.Pid
	depth := len(namespacePIDs(top))
	for todo := children(top); len(todo) > 0; todo = todo[1:] {
		pids := namespacePIDs(todo[0])
		if len(pids) == depth+1 && pids[depth] == "1" {
			return todo[0], nil
		}
		todo = append(todo, children(todo[0])...)
	}
	return 0, fmt.Errorf("%s is between two boots", g.host.Name)
}

// children lists the children of all threads of a process.
func children(pid int) []int {
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid)) // the pattern is good
	var found []int
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it ended meanwhile
		}
		for _, field := range strings.Fields(string(text)) {
			if child, err := strconv.Atoi(field); err == nil {
				found = append(found, child)
			}
		}
	}
	return found
}

// namespacePIDs are the numbers of a process in all its pid namespaces, the
// innermost last (proc(5), NSpid).
func namespacePIDs(pid int) []string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return nil // it ended meanwhile
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "NSpid:"); ok {
			return strings.Fields(rest)
		}
	}
	return nil
}
