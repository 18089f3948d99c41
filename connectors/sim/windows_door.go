package sim

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"
	"time"

	"patchwave/connectors/sim/wsman"
)

// WindowsUser is who may log in to machines of the family Windows, with
// Fleet.WindowsPassword.
const WindowsUser = "patch"

// Windows reports whether the machine is of that family.
func (h *Host) Windows() bool { return h.win != nil }

// Fingerprint is the SHA-256 of the machine's certificate in hex, or "" if it has
// none.
func (h *Host) Fingerprint() string {
	if h.win == nil {
		return ""
	}
	return h.win.server.Fingerprint()
}

// open starts the machine's WinRM service on an address that no other machine has.
func (w *windows) open(m Machine) error {
	f := w.h.fleet
	address := m.Address
	if address == "" {
		address = f.nextAddress()
	}
	port := 0
	if f.opt.Addresses {
		port = f.opt.WindowsPort
	}
	var aside []*wsman.Server
	defer func() {
		for _, s := range aside {
			s.Close()
		}
	}()
	for {
		server, err := wsman.Start(wsman.Options{
			Handler: wsman.HandlerFunc(w.command), Users: map[string]string{WindowsUser: f.password},
			Address: net.JoinHostPort(address, strconv.Itoa(port)), TLS: m.Windows.HTTPS, Machine: m.Name, Version: w.build,
		})
		if err != nil {
			return err
		}
		ip, at := server.Addr()
		w.h.addr = net.JoinHostPort(ip, strconv.Itoa(at))
		if f.take(w.h.addr) {
			w.server = server
			return nil
		}
		aside = append(aside, server)
	}
}

// serve brings the service to where the machine's faults want it.
func (w *windows) serve() {
	f := w.h.Faults()
	w.server.SetTrouble(wsman.Trouble{Deaf: f.Silent, NoLogin: f.AuthRefused})
	phase := wsman.Up
	if f.Unreachable || !w.h.lives() {
		phase = wsman.Down
	}
	w.phase(phase)
}

// phase brings the service into a phase. While its address is not free, it tries.
func (w *windows) phase(p wsman.Phase) {
	for w.server.SetPhase(p) != nil {
		if !wait(w.h.fleet.ctx, 20*time.Millisecond) {
			return
		}
	}
}

// rise brings the service up after a boot, as Windows does: refused, then no
// service, then no login, then all of it.
func (w *windows) rise() {
	w.h.mu.Lock()
	boot, step, away := w.h.boot, w.h.fleet.opt.RebootTime/8, w.h.faults.Unreachable
	w.h.mu.Unlock()
	if away {
		return
	}
	for _, p := range []wsman.Phase{wsman.Starting, wsman.NoLogin} {
		w.phase(p)
		if !wait(boot, step) {
			return
		}
	}
	w.serve()
}

// lives reports whether the machine runs.
func (h *Host) lives() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.resting == "" && h.boot.Err() == nil
}

// bootIDAt is the boot id of a Windows whose clock showed a time when it was booted: the
// FILETIME, in the shape of a UUID. It stays when the clock is set later.
func bootIDAt(t time.Time) string {
	const epoch = 116444736000000000 // 1970 in units of 100 ns since 1601
	s := fmt.Sprintf("%016x", t.UnixNano()/100+epoch)
	return "00000000-0000-0000-" + s[:4] + "-" + s[4:]
}

// makeWindows makes a host one of the family Windows.
func (h *Host) makeWindows(m Machine) {
	h.bootedAt = time.Now().Add(-or(m.Uptime, 40*24*time.Hour))
	h.bootID = bootIDAt(h.bootedAt.Add(m.ClockSkew))
	h.boot, h.endBoot = context.WithCancel(h.fleet.ctx)
	h.win = newWindows(h, m)
}

// snapshot adds what a Windows has.
func (w *windows) snapshot(s *Snapshot) {
	s.Installed, s.Build, s.Reasons, s.EULAs = w.show(), w.build, slices.Clone(w.reasons), w.accepted()
	for _, p := range w.points {
		s.Points = append(s.Points, p.name)
	}
}
