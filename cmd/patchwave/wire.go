package main

import (
	"context"

	"patchwave/connectors"
	"patchwave/connectors/local"
	"patchwave/connectors/ssh"
	"patchwave/connectors/winrm"
	"patchwave/connectors/wrap"
	"patchwave/engine/updates"
	"patchwave/engine/updates/apk"
	"patchwave/engine/updates/apt"
	"patchwave/engine/updates/dnf"
	"patchwave/engine/updates/dnf5"
	"patchwave/engine/updates/pacman"
	"patchwave/engine/updates/winupdate"
	"patchwave/engine/updates/zypper"
)

// managers are the package managers this program knows.
func managers() []updates.Manager {
	return []updates.Manager{apt.New(), dnf.New(), dnf5.New(), zypper.New(), pacman.New(), apk.New(), winupdate.New()}
}

// dialer picks the way to a machine by the kind of its connection.
type dialer struct {
	ssh          *ssh.Dialer
	local, winrm connectors.Dialer
}

func newDialer() *dialer {
	return &dialer{ssh: ssh.New(ssh.Config{}), local: local.Dialer{}, winrm: winrm.New(winrm.Config{})}
}

// newTurns bounds the connections of a command, over all of its runs: all of them,
// and those to each site.
func (s *session) newTurns(d connectors.Dialer) connectors.Dialer {
	s.once.Do(func() { s.turns = s.makeTurns(d) })
	return s.turns.Over(d)
}

// newPlaces bounds how many hosts download ahead at once, as newTurns does for
// connections: a download holds none, and takes none from a run.
func (s *session) newPlaces(d connectors.Dialer) connectors.Dialer {
	s.onceMore.Do(func() { s.places = s.makeTurns(d) })
	return s.places
}

func (s *session) makeTurns(d connectors.Dialer) *wrap.Turns {
	limits := map[string]wrap.Limits{}
	for _, at := range s.inv.Sites {
		limits[at.Name] = wrap.Limits{Sessions: at.Parallelism, PerSecond: float64(at.ConnectRate)}
	}
	return wrap.NewTurns(d, s.cfg.Settings.Parallelism, func(t connectors.Target) string {
		if h := s.inv.Host(t.Name); h != nil {
			return h.Site
		}
		return ""
	}, limits)
}

// Dial implements connectors.Dialer.
func (d *dialer) Dial(ctx context.Context, t connectors.Target) (connectors.Session, error) {
	switch t.Kind {
	case connectors.KindSSH:
		return d.ssh.Dial(ctx, t)
	case connectors.KindLocal:
		return d.local.Dial(ctx, t)
	case connectors.KindWinRM:
		return d.winrm.Dial(ctx, t)
	default:
		e := connectors.Errorf(connectors.CodeUnsupported, connectors.PhaseDial, t.Name, "connections of type %q are not supported by this version", t.Kind)
		e.Hint = "use type ssh, winrm or local"
		return nil, e
	}
}

// Close ends what is shared between hosts: connections to jump hosts.
func (d *dialer) Close() error { return d.ssh.Close() }
