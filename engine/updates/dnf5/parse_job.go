package dnf5

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"patchwave/connectors/framing"
	"patchwave/engine/updates"
	"patchwave/engine/updates/parse"
	"patchwave/engine/updates/rpm"
	"patchwave/inventory"
)

// ParseSimulation reads dnf5.sim or dnf5.sim.N: the table of "dnf5 --assumeno
// install".
func (manager) ParseSimulation(a framing.Answer, frame string, want []updates.Want) updates.Simulation {
	f, ok := a.Get(frame)
	if !ok {
		return updates.Simulation{Problem: parse.Problem(parse.Exit, "the host did not answer for %s", frame)}
	}
	if f.RC > 1 || !solved(f) {
		return updates.Simulation{Problem: unsolved(f)}
	}
	t := readTable(f.Lines())
	if !t.whole() {
		return updates.Simulation{Problem: parse.Problem(parse.Exit, "the table of dnf5 is not understood: %.200q", t.strange)}
	}
	if f.RC == 1 && len(t.changes) == 0 {
		return updates.Simulation{Problem: parse.Problem(parse.Exit, "dnf5 would do something, but no table says what")}
	}
	s := updates.Simulation{OK: true, Changes: parse.Changes(t.changes), Download: download(f)}
	if frame == "dnf5.sim" {
		s.Undo = rpm.Undo(a, "dnf5.undo")
	}
	return s
}

// unsolved joins what the solver complains about.
func unsolved(f framing.Frame) *inventory.Problem {
	var words []string
	telling := false
	for _, line := range f.ErrLines() {
		if strings.HasPrefix(line, "You can try") {
			break
		}
		if telling && strings.TrimSpace(line) != "" {
			words = append(words, strings.TrimSpace(line))
		}
		telling = telling || strings.HasPrefix(line, "Failed to resolve the transaction")
	}
	if len(words) == 0 {
		return rpm.Complaint("dnf5", f.RC, f.ErrLines(), f.Lines())
	}
	return parse.Problem(parse.Exit, "dnf5 finds no solution: %s", strings.Join(words, " "))
}

var needs = regexp.MustCompile(`Need to download ([0-9]+(?:\.[0-9]+)?) ?([KMGT]i)?B\.`)

// download reads the size of the download, rounded as dnf5 prints it.
func download(f framing.Frame) int64 {
	m := needs.FindStringSubmatch(strings.Join(f.ErrLines(), "\n") + "\n" + strings.Join(f.Lines(), "\n"))
	if m == nil {
		return 0
	}
	n, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		return 0
	}
	power := strings.Index("KMGT", strings.TrimSuffix(m[2], "i")) + 1
	if m[2] == "" {
		power = 0
	}
	if n *= math.Pow(1024, float64(power)); n > math.MaxInt64/2 {
		return 0
	}
	return int64(n)
}

// ParseInstall reads dnf5.install, dnf5.rollback or dnf5.repair, whichever is there.
func (manager) ParseInstall(a framing.Answer) updates.Outcome {
	for _, name := range []string{"dnf5.install", "dnf5.rollback", "dnf5.repair"} {
		if f, ok := a.Get(name); ok {
			return rpm.Outcome("dnf5", f)
		}
	}
	return updates.Outcome{Problem: parse.Problem(parse.Exit, "the job's log holds no output of dnf5")}
}
