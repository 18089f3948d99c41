package policies

import (
	"testing"
	"time"
)

func TestFits(t *testing.T) {
	const m = time.Minute
	for _, tt := range []struct {
		name    string
		history []time.Duration
		left    time.Duration
		want    bool
	}{
		{"no history, twenty minutes", nil, 20 * m, true},
		{"no history, a second less", nil, 20*m - time.Second, false},
		{"the longest counts", []time.Duration{5 * m, 31 * m, 8 * m}, 30 * m, false},
		{"exactly the longest", []time.Duration{5 * m, 30 * m, 8 * m}, 30 * m, true},
		{"a quick host fits into little", []time.Duration{3 * m}, 3 * m, true},
		{"and not into less", []time.Duration{3 * m}, 3*m - 1, false},
		{"nothing fits into nothing", []time.Duration{0}, 0, false},
		{"nor behind the close", []time.Duration{0}, -m, false},
		{"a run of no time", []time.Duration{0}, 1, true},
	} {
		if got := Fits(tt.history, tt.left); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}
