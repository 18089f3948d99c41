package restore

import (
	"patchwave/connectors"
	"patchwave/connectors/framing"
	"patchwave/engine/updates"
	"patchwave/inventory"
)

// lockWait is how long the package manager waits for another's lock, in seconds.
const lockWait = "300"

// PackagePoints is the provider packages for one host: it keeps the old packages of
// the changes of one run with the host's own package manager. It implements
// Provider.
type PackagePoints struct {
	Manager updates.Manager
	// Run is the run that makes the point, or made it, and Changes its changes.
	Run     string
	Changes []updates.Change
}

// Name implements Provider.
func (PackagePoints) Name() string { return Packages }

// Place implements Provider.
func (PackagePoints) Place() Place { return OnHost }

// Scope implements Provider. What it undoes differs from run to run.
func (PackagePoints) Scope() Scope { return ScopeOf(Packages) }

// Fits implements Provider.
func (PackagePoints) Fits(h *inventory.Host, f inventory.Facts) (bool, string) {
	return Fits(Packages, h, f)
}

// Call implements Provider. That a point is whole is said when it is made; old ones are
// pruned when the claim is given back. Prove compares the host with the manifest.
func (k PackagePoints) Call(op Op, _ Point) (Call, bool) {
	args := map[string]string{"changes": updates.ChangeLines(k.Changes), "dir": Dir(k.Run), "lock_wait": lockWait, "ahead": updates.Ahead}
	switch op {
	case OpCreate:
		return Call{Script: updates.KeepScript(k.Manager), Args: args}, true
	case OpRollback:
		return Call{Script: updates.RollbackScript(k.Manager), Args: args}, true
	case OpProve:
		s, ok := updates.ProveScript(k.Manager)
		return Call{Script: s, Args: args}, ok
	case OpDetect, OpCheck, OpRemove, OpList:
		return Call{}, false
	default:
		return Call{}, false
	}
}

// Read implements Provider.
func (k PackagePoints) Read(op Op, _ Point, a framing.Answer) Said {
	switch op {
	case OpCreate:
		return k.made(a)
	case OpDetect:
		return Said{Possible: true}
	case OpCheck:
		return Said{State: Whole}
	case OpProve:
		return ParseProof(k.Changes, a)
	case OpRollback:
		return Said{State: Pending}
	case OpRemove:
		return Said{State: Kept}
	case OpList:
		return Said{}
	default:
		return Said{}
	}
}

// made reads what came of making a point.
func (k PackagePoints) made(a framing.Answer) Said {
	if why := noRoom(a); why != "" {
		return Said{State: Unusable, Code: string(connectors.CodeDisk), Why: why}
	}
	p := ParseKeep(k.Manager, k.Run, k.Changes, a)
	s := Said{State: Whole, ID: p.ID, Undoes: p.Undoes, Cannot: p.Cannot, Size: pointSize(a)}
	if !p.Checked {
		s.State = Partial
	}
	return s
}
