package run_test

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain fails if a test leaves a goroutine behind: of the engine, of a
// connection, or of a simulated machine.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
