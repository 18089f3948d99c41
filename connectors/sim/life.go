package sim

import (
	"context"
	"net"
	"slices"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/sim/internal/hold"
)

// maxConns bounds the connections of a machine.
const maxConns = 200

// goUp serves a listener.
func (h *Host) goUp(l net.Listener) {
	h.life.Lock()
	h.listener, h.down = l, false
	h.letGo()
	h.life.Unlock()
	if !h.fleet.spawn(func() { h.accept(l) }) {
		_ = l.Close() // the fleet is closed
	}
}

// comeUp listens again where the machine listened before, unless it is
// unreachable or listens already. Until the address is free, it tries.
func (h *Host) comeUp() {
	if h.win != nil {
		h.fleet.spawn(h.win.rise)
		return
	}
	h.fleet.spawn(func() {
		for h.wantsUp() {
			l, err := (&net.ListenConfig{}).Listen(h.fleet.ctx, "tcp", h.addr)
			if err == nil {
				h.goUp(l)
				return
			}
			if !wait(h.fleet.ctx, 20*time.Millisecond) {
				return
			}
		}
	})
}

// wantsUp reports whether the machine is to listen and does not.
func (h *Host) wantsUp() bool {
	h.mu.Lock()
	want := !h.faults.Unreachable && h.resting == "" && h.boot.Err() == nil
	h.mu.Unlock()
	h.life.Lock()
	defer h.life.Unlock()
	return want && h.listener == nil
}

// goDown stops listening and drops every connection.
func (h *Host) goDown() {
	if h.win != nil {
		h.win.server.Reboot()
		return
	}
	h.life.Lock()
	defer h.life.Unlock()
	h.down = true
	if h.listener != nil {
		_ = h.listener.Close() // accept returns
		h.keep(h.listener.Addr())
		h.listener = nil
	}
	h.drop()
}

// keep holds the address while the machine is down. Where that fails, somebody
// else may get the port: it was so before.
func (h *Host) keep(addr net.Addr) {
	h.letGo()
	if release, err := hold.Address(addr); err == nil {
		h.held = release
	}
}

func (h *Host) letGo() {
	if h.held != nil {
		h.held()
		h.held = nil
	}
}

// Cut drops every connection, as a network that breaks does.
func (h *Host) Cut() {
	if h.win != nil {
		h.win.server.Cut()
		return
	}
	h.life.Lock()
	defer h.life.Unlock()
	h.drop()
}

func (h *Host) drop() {
	for c := range h.conns {
		_ = c.Close() // it is being dropped
	}
}

func (h *Host) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		if !h.track(c) {
			_ = c.Close() // there are too many, or the machine is down
			continue
		}
		if !h.fleet.spawn(func() {
			defer h.untrack(c)
			h.connection(c)
		}) {
			h.untrack(c)
		}
	}
}

func (h *Host) track(c net.Conn) bool {
	h.life.Lock()
	defer h.life.Unlock()
	if h.down || len(h.conns) >= maxConns {
		return false
	}
	h.conns[c] = true
	return true
}

func (h *Host) untrack(c net.Conn) {
	h.life.Lock()
	defer h.life.Unlock()
	delete(h.conns, c)
	_ = c.Close() // it may be closed already
}

// Reboot reboots the machine now, whoever asked for it, and returns when it is
// down.
func (h *Host) Reboot() {
	h.mu.Lock()
	boot := h.boot
	h.mu.Unlock()
	h.rebootAfter(boot, 0)
}

// rebootAfter ends a life of the machine some time from now, with everything that
// runs, and begins another. It does nothing if that life has ended before.
func (h *Host) rebootAfter(boot context.Context, delay time.Duration) {
	if !wait(boot, delay) {
		return
	}
	h.mu.Lock()
	again := boot.Err() == nil
	if again {
		h.endBoot()
	}
	never := h.faults.NoReturn
	h.mu.Unlock()
	if !again {
		return
	}
	h.goDown()
	if never {
		return
	}
	h.fleet.spawn(func() {
		if wait(h.fleet.ctx, h.fleet.opt.RebootTime) && h.start() {
			h.comeUp()
		}
	})
}

// PowerOn boots a machine that did not come back from a reboot. One that runs is
// left alone.
func (h *Host) PowerOn() {
	h.mu.Lock()
	off := h.boot.Err() != nil
	h.mu.Unlock()
	if off && h.start() {
		h.comeUp()
	}
}

// start is a boot: the newest kernel, no flags, no locks.
func (h *Host) start() bool {
	id, err := newBootID()
	if err != nil {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.bootID, h.bootedAt = id, time.Now()
	h.boot, h.endBoot = context.WithCancel(h.fleet.ctx)
	h.flag, h.worker = nil, ""
	clear(h.stopped)
	h.faults.AptLock, h.faults.HostLock = "", false
	h.seen.boots++
	if h.win != nil {
		h.bootID = bootIDAt(h.now())
		h.win.booted()
		h.win.again()
		return true
	}
	h.swapped()
	h.kernel = slices.MaxFunc(h.kernels, h.family.compare)
	h.build = h.family.build(h, h.kernel)
	return true
}

// wait waits; it is false if ctx ended first.
func wait(ctx context.Context, d time.Duration) bool { return connectors.Pause(ctx, d) == nil }
