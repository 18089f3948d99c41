package journal

import "slices"

// RollbackFailed reports whether a host should have been taken back, by its policy or by
// hand, and was not, or whether that is not known.
func (r *Run) RollbackFailed(h *Host) bool {
	const kind, step = "rollback", "rollback"
	end := h.State
	if end == Restoring {
		end = h.Goal
	}
	if end != Failed && end != Lost {
		return false
	}
	return r.Kind == kind || slices.ContainsFunc(h.Steps, func(s *Step) bool { return s.Name == step })
}
