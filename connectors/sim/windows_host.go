package sim

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"patchwave/connectors/sim/wsman"
)

// windows is what a host of the family Windows is besides. Everything in it is
// guarded by the host's lock, but server, which is set once.
type windows struct {
	h      *Host
	server *wsman.Server

	build   string
	updates []*winUpdate
	winget  []*WingetPackage
	// sourceTerms: the source of winget has terms that nobody accepted.
	sourceTerms bool
	// reasons for a reboot, in the order in which they came.
	reasons []Reason
	// searches is how often the running search is still to be waited for; found: the
	// last search has ended, at foundAt.
	searching          bool
	searches           int
	startedAt, foundAt time.Time
	// online: the search is not of the agent's own cache.
	online bool
	// second: the machine still has to reboot by itself.
	second bool
	points []*point
	// sequence is the number of the last restore point.
	sequence int
	// restoring is what the next boot goes back to; last is how the last restore of
	// the system ended.
	restoring *point
	last      restored
}

// winUpdate is an update and what became of it on this machine.
type winUpdate struct {
	WindowsUpdate
	state winState
	// accepted: its licence is. failed: the last attempt to install it has. seen: a
	// search has found it. downloaded: IsDownloaded.
	accepted, failed, seen, downloaded bool
}

// winState is what became of an update.
type winState int

// The states.
const (
	winOffered winState = iota
	// winStaged: installed, and the next boot completes it.
	winStaged
	winInstalled
	// winLeaving: uninstalled, and the next boot completes it.
	winLeaving
)

func newWindows(h *Host, m Machine) *windows {
	w := &windows{h: h, build: m.Windows.Build, reasons: slices.Clone(m.Windows.Pending), foundAt: time.Now().Add(-or(m.IndexAge, 3*time.Hour))}
	if m.IndexAge < 0 {
		w.foundAt = time.Time{}
	}
	if w.build == "" {
		w.build = "10.0.20348.2762"
		if m.Windows.Client {
			w.build = "10.0.26100.2033"
		}
	}
	for _, u := range m.Windows.Installed {
		w.updates = append(w.updates, &winUpdate{WindowsUpdate: u, state: winInstalled, accepted: true})
	}
	for _, u := range m.Windows.Updates {
		w.updates = append(w.updates, &winUpdate{WindowsUpdate: u, seen: true})
	}
	w.sourceTerms = m.Windows.SourceTerms
	for _, p := range m.Windows.Winget {
		w.winget = append(w.winget, &p)
	}
	if m.Windows.Protected > 0 {
		w.sequence++
		w.points = append(w.points, &point{id: strconv.Itoa(w.sequence), name: "Windows Update", at: time.Now().Add(-m.Windows.Protected)})
	}
	return w
}

// key is the exact identity of an update, as it stands in plans.
func (u *winUpdate) key() string { return exact(u.ID, u.Revision) }

// is reports whether a list of a fault names the update.
func (u *winUpdate) is(list []string) bool {
	return slices.ContainsFunc(list, u.called)
}

func (u *winUpdate) called(name string) bool {
	return name == u.ID || slices.ContainsFunc(u.KBs, func(kb string) bool { return name == "KB"+kb })
}

// find is an update by its exact identity.
func (w *windows) find(key string) *winUpdate {
	for _, u := range w.updates {
		if u.key() == key {
			return u
		}
	}
	return nil
}

// offered are the updates that a search finds: not those that newer ones on offer
// or on the machine replace.
func (w *windows) offered() []*winUpdate {
	replaced := map[string]bool{}
	for _, u := range w.updates {
		for _, id := range u.Supersedes {
			replaced[id] = true
		}
	}
	var list []*winUpdate
	for _, u := range w.updates {
		again := u.state != winOffered && u.state != winLeaving && u.is(w.h.faults.Windows.Forever)
		if (u.state == winOffered || again) && !replaced[u.ID] {
			list = append(list, u)
		}
	}
	return list
}

// want adds reasons for a reboot.
func (w *windows) want(reasons ...Reason) {
	for _, r := range reasons {
		if !slices.Contains(w.reasons, r) {
			w.reasons = append(w.reasons, r)
		}
	}
}

// booted is what a boot does to the machine: it completes what was installed, or
// takes it back.
func (w *windows) booted() {
	w.reasons, w.searching = nil, false
	for _, u := range w.updates {
		switch {
		case u.state == winStaged && u.is(w.h.faults.Windows.RollsBack):
			u.state, u.failed = winOffered, true
			w.h.seen.changes = append(w.h.seen.changes, Change{Action: "undo", Package: u.ID, From: u.key()})
		case u.state == winStaged:
			u.state = winInstalled
			w.build = or(u.Build, w.build)
		case u.state == winLeaving:
			u.state = winOffered
		}
	}
	w.finishRestore()
}

// settling reports whether the machine still configures updates after a boot.
func (w *windows) settling() bool {
	d := or(w.h.spec.Windows.Settling, w.h.fleet.opt.RebootTime/4)
	return w.h.seen.boots > 0 && (w.h.faults.Windows.NeverReady || time.Since(w.h.bootedAt) < d)
}

// show is the updates of a machine for a Snapshot.
func (w *windows) show() map[string]Installed {
	words := map[winState]string{winStaged: "pending-reboot", winInstalled: "ok", winLeaving: "leaving"}
	list := map[string]Installed{}
	for _, u := range w.updates {
		if word := words[u.state]; word != "" {
			list[u.ID] = Installed{Version: u.key(), State: word}
		}
	}
	for _, p := range w.winget {
		list[p.ID] = Installed{Version: p.Version, State: "ok"}
	}
	return list
}

// accepted are the updates whose licences are accepted, by their UpdateIDs.
func (w *windows) accepted() []string {
	ids := map[string]bool{}
	for _, u := range w.updates {
		if u.EULA && u.accepted {
			ids[u.ID] = true
		}
	}
	return slices.Sorted(maps.Keys(ids))
}
