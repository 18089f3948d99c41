package plan

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"patchwave/engine/updates"
)

// solver is a host's solver that knows the answers beforehand. A question that
// it was not prepared for fails the test.
type solver struct {
	t testing.TB
	// answers by the names that were asked for, sorted, with spaces between.
	answers map[string]updates.Simulation
	// asked are the questions, in their order; a single one of Each has a star.
	asked []string
	err   error
}

func (s *solver) answer(want []updates.Want) (updates.Simulation, error) {
	s.t.Helper()
	key := key(want)
	a, ok := s.answers[key]
	if !ok {
		s.t.Errorf("the solver was not prepared to be asked for %q", key)
		return updates.Simulation{}, errors.New("unprepared")
	}
	return a, s.err
}

func key(want []updates.Want) string {
	var names []string
	for _, w := range want {
		names = append(names, w.Name)
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

func (s *solver) Together(_ context.Context, want []updates.Want) (updates.Simulation, error) {
	s.t.Helper()
	s.asked = append(s.asked, key(want))
	return s.answer(want)
}

func (s *solver) Each(_ context.Context, want []updates.Want) ([]updates.Simulation, error) {
	s.t.Helper()
	var out []updates.Simulation
	for _, w := range want {
		s.asked = append(s.asked, "*"+w.Name)
		sim, err := s.answer([]updates.Want{w})
		if err != nil {
			return nil, err
		}
		out = append(out, sim)
	}
	return out, nil
}

// does is a solution that makes changes, written "name", "+new", "-gone" or
// "name=version"; a version that is not said is 2.
func does(changes ...string) updates.Simulation {
	sim := updates.Simulation{OK: true}
	for _, text := range changes {
		c := updates.Change{Action: updates.ActionUpgrade, Arch: "amd64", From: "1", To: "2"}
		name, version, ok := strings.Cut(text, "=")
		if ok {
			c.To = version
		}
		switch name[0] {
		case '+':
			c.Action, c.From, name = updates.ActionInstall, "", name[1:]
		case '-':
			c.Action, c.To, name = updates.ActionRemove, "", name[1:]
		}
		c.Name = name
		sim.Changes = append(sim.Changes, c)
	}
	updates.SortChanges(sim.Changes)
	return sim
}
