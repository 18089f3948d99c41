package coord_test

import (
	"testing"

	"go.uber.org/goleak"

	"patchwave/engine/coord"
	"patchwave/engine/coord/coordtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestMemory(t *testing.T) {
	t.Parallel()
	coordtest.Run(t, func(_ *testing.T, rules coord.Rules) (one, two coord.Leases) {
		m := coord.NewMemory(rules)
		return m, m
	})
}
