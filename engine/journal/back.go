package journal

import "slices"

// RollbackFailed reports whether a host should have been taken back, by its policy or by
// hand, and was not, or whether that is not known. A host that another run works on was
// turned away before its rollback began: it is what it was.
func (r *Run) RollbackFailed(h *Host) bool {
	const kind, step, locked = "rollback", "rollback", "locked"
	end := h.State
	if end == Restoring {
		end = h.Goal
	}
	if end != Failed && end != Lost {
		return false
	}
	begun := slices.ContainsFunc(h.Steps, func(s *Step) bool { return s.Name == step })
	if h.Fault != nil && h.Fault.Code == locked && !begun {
		return false
	}
	return r.Kind == kind || begun
}
