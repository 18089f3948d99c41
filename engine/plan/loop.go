package plan

import (
	"context"
	"fmt"
	"slices"
	"time"

	"patchwave/policies"
)

// History is what came of versions in earlier runs.
type History interface {
	// Tries returns what the last runs made of updates on a host, the newest first.
	// An error is of the place where it is kept.
	Tries(ctx context.Context, host string) ([]Try, error)
}

// Try is what became of one version on a host in one run.
type Try struct {
	Run            string
	At             time.Time
	Name, Arch, To string
	// State is that of an update at the end of the run: installed, rolled-back, …
	State string
}

// MaxTries is how many runs may report a version as installed that the host goes on
// to offer. What is still offered then is in a loop: another run would tell the same.
const MaxTries = 3

// blockLoops blocks approved versions that the last runs have installed, as they
// said, MaxTries times, and that the host offers all the same. What was taken back
// in between is offered again rightly, and is counted anew.
func blockLoops(ds []decided, tries []Try) {
	for i := range ds {
		d := &ds[i]
		if d.Verdict != policies.Approved {
			continue
		}
		n, last := done(*d, tries)
		if n >= MaxTries {
			d.block(fmt.Sprintf("update loop: %d runs reported this version as installed, the last one %s on %s, and the host offers it again; "+
				"find out on the host why it does not stay, or try once more with --override loop", n, last.Run, last.At.UTC().Format(time.DateOnly)))
		}
	}
}

// done counts the runs that installed the version of a decision, back to when it was
// taken back, and returns the last of them.
func done(d decided, tries []Try) (n int, last Try) {
	for _, t := range tries {
		if t.Name != d.Name || t.To != d.To || (t.Arch != d.Arch && t.Arch != "" && d.Arch != "") {
			continue
		}
		if t.State == "rolled-back" {
			break
		}
		if slices.Contains([]string{"installed", "pending-reboot", "claimed-but-still-offered"}, t.State) {
			if n++; n == 1 {
				last = t
			}
		}
	}
	return n, last
}

// unloop looks into the history of a host, unless the operator passes over it.
func (p Planner) unloop(ctx context.Context, host string, ds []decided) error {
	if p.History == nil || len(wants(ds)) == 0 {
		return nil
	}
	tries, err := p.History.Tries(ctx, host)
	if err != nil {
		return fmt.Errorf("look up what earlier runs did on %s: %w", host, err)
	}
	blockLoops(ds, tries)
	return nil
}
