package report

import (
	"fmt"
	"slices"
	"time"

	"patchwave/engine/journal"
	"patchwave/inventory"
)

// Settled is what a scan tells of a host that a run had lost.
type Settled struct {
	Host string    `json:"host"`
	At   time.Time `json:"at"`
	// State is that of the scan: ok, or failed with the fault, as when the package
	// manager was left in the middle of its work.
	State string         `json:"state"`
	Fault *journal.Fault `json:"error"`
	// Installed counts the updates of the run that the host has by now, Pending those
	// that it does not.
	Installed int `json:"installed"`
	Pending   int `json:"pending"`
	// Back says that the run was to take the host back, and that it is.
	Back bool `json:"back"`
	// Reboot says that the host waits for a reboot.
	Reboot bool `json:"reboot_required"`
}

// Settle compares what a run wanted of a lost host with a scan that was made after
// the run had lost it; false if the scan tells nothing.
func Settle(h *journal.Host, o inventory.Observation) (Settled, bool) {
	if h.State != journal.Lost || !o.At.After(h.Since) || o.State == inventory.ScanUnreachable {
		return Settled{}, false
	}
	s := Settled{Host: h.Name, At: o.At, State: string(o.State), Reboot: o.Facts.RebootRequired}
	if o.Problem != nil {
		s.Fault = &journal.Fault{Code: o.Problem.Code, Message: o.Problem.Message}
	}
	if o.State == inventory.ScanFailed {
		return s, true
	}
	for _, u := range h.Updates {
		// an offer says which version is installed: a newer one may be offered by now
		if slices.ContainsFunc(o.Updates, func(x inventory.Update) bool {
			return x.Name == u.Name && x.From == u.From && (u.From != "" || x.To == u.To)
		}) {
			s.Pending++
		} else {
			s.Installed++
		}
	}
	return s, true
}

// text says it in words that follow the host's name.
func (s Settled) text() string {
	if s.State == string(inventory.ScanFailed) && s.Fault != nil {
		return "needs a hand: " + s.Fault.Message
	}
	text := fmt.Sprintf("has %d of the %s", s.Installed, plural(s.Installed+s.Pending, "update"))
	switch {
	case s.Back:
		text = "has none of what was to be taken back: it was taken back; roll it back once more, which tidies up"
	case s.Pending > 0:
		text += "; the next run installs the rest"
	}
	if s.Reboot {
		text += "; it waits for a reboot"
	}
	return text
}
