package updatestest

import (
	"testing"

	"patchwave/connectors/framing"
	"patchwave/engine/updates"
)

// FuzzScan is the body of a fuzz target for ParseScan; all recordings are seeds.
func FuzzScan(f *testing.F, m updates.Manager, opt Options) {
	fuzz(f, func(a framing.Answer) []string { return checkListing(m.ParseScan(a), opt) })
}

// FuzzSimulation is the body of a fuzz target for ParseSimulation, which is asked
// with want and without.
func FuzzSimulation(f *testing.F, m updates.Manager, opt Options, want ...updates.Want) {
	fuzz(f, func(a framing.Answer) []string {
		var wrong []string
		for _, frame := range frames(m) {
			wrong = append(wrong, checkSimulation(m.ParseSimulation(a, frame, nil), opt)...)
			wrong = append(wrong, checkSimulation(m.ParseSimulation(a, frame, want), opt)...)
		}
		return wrong
	})
}

// FuzzInstall is the body of a fuzz target for ParseInstall.
func FuzzInstall(f *testing.F, m updates.Manager, opt Options) {
	fuzz(f, func(a framing.Answer) []string { return checkOutcome(m.ParseInstall(a), opt) })
}

func fuzz(f *testing.F, wrong func(framing.Answer) []string) {
	for _, r := range Recordings(f) {
		f.Add([]byte(r.Out), []byte(r.Stderr))
	}
	f.Fuzz(func(t *testing.T, stdout, stderr []byte) {
		report(t, "fuzz", wrong(framing.Parse(Nonce, stdout, stderr)))
	})
}
