package updatestest

import (
	"testing"

	"patchwave/connectors"
	"patchwave/engine/updates"
	"patchwave/engine/updates/parse"
)

// Options say what differs from manager to manager.
type Options struct {
	// Grammar is what every name, version and architecture must match.
	Grammar parse.Grammar
	// NewPackages says that an update may be of a package that is not installed
	// yet: it replaces one that is.
	NewPackages bool
	// ComplainsOfSuccess says that the manager may report success and have a
	// complaint all the same: a scriptlet that failed, which it passes over.
	ComplainsOfSuccess bool
}

// check is one promise of the contract.
type check struct {
	name string
	run  func(t *testing.T, m updates.Manager, opt Options)
}

// Run runs the whole suite. It reads the recordings in testdata.
func Run(t *testing.T, m updates.Manager, opt Options) {
	shell := shellChecks
	if m.Shell().Dialect == connectors.DialectPowerShell {
		shell = powershellChecks
	}
	t.Run("contract", func(t *testing.T) {
		for _, group := range [][]check{shell, answerChecks} {
			for _, c := range group {
				t.Run(c.name, func(t *testing.T) {
					t.Parallel()
					c.run(t, m, opt)
				})
			}
		}
	})
}
