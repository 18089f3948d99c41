package journal

import "slices"

// PointGone says that a restore point is no longer one that a host can be taken back
// to.
const PointGone Type = "point.gone" // PointGoneData

// How a restore point went.
const (
	// PointRemoved: patchwave removed it.
	PointRemoved = "removed"
	// PointAbsent: it was to be removed, and the host did not have it any more.
	PointAbsent = "absent"
	// PointSuperseded: the host was taken back to an older point, so that what this one
	// holds is of a past that did not happen.
	PointSuperseded = "superseded"
)

// PointGoneData is one restore point that is gone.
type PointGoneData struct {
	// ID is the one of PointData; "" for a leftover that no journal knows.
	ID       string `json:"id"`
	Provider string `json:"provider"`
	// Tag is patchwave's own name of the point; "" for manifests of packages.
	Tag string `json:"tag,omitempty"`
	// Run is the run that made it, as far as that is known.
	Run string `json:"run"`
	// State is PointRemoved, PointAbsent or PointSuperseded.
	State string `json:"state"`
	// Why says why it had to go.
	Why string `json:"why"`
}

// gone folds a point that went. A resume may say it again.
func (h *Host) gone(e Event) error {
	d, err := Decode[PointGoneData](e)
	if err != nil {
		return err
	}
	same := func(x PointGoneData) bool { return x.ID == d.ID && x.Provider == d.Provider && x.Tag == d.Tag }
	if !slices.ContainsFunc(h.Gone, same) {
		h.Gone = append(h.Gone, d)
	}
	return nil
}
