// Package command is the provider that is four programs of the operator: create,
// check, rollback and remove, started on the controller without a shell.
//
// They are told what it is about by their environment: PATCHWAVE_POINT is the tag of
// the point (letters, digits, dashes, underscores; at most 40), PATCHWAVE_HOST the
// name of the host, PATCHWAVE_OP the word above. Status 0 is success; the last line
// that they print is shown where it is not. create, rollback and remove may be run
// again for the same point and must then come to the same end. A rollback counts when
// the host has booted since.
package command

import (
	"fmt"
	"slices"
	"strings"

	"patchwave/connectors"
	"patchwave/connectors/framing"
	"patchwave/engine/restore"
	"patchwave/inventory"
)

// Provider implements restore.Provider.
type Provider struct {
	// Word is its name in configuration.
	Word string
	// Create, Check, Rollback and Remove are programs and their arguments, written out
	// for the host.
	Create, Check, Rollback, Remove []string
}

// Name implements restore.Provider.
func (p Provider) Name() string { return p.Word }

// Place implements restore.Provider.
func (Provider) Place() restore.Place { return restore.OnController }

// Scope implements restore.Provider.
func (Provider) Scope() restore.Scope { return restore.ScopeOf(restore.Command) }

// Fits implements restore.Provider: whoever names programs knows their machines.
func (p Provider) Fits(*inventory.Host, inventory.Facts) (bool, string) {
	if len(p.Create) == 0 {
		return false, "a provider block of type command says which programs make its points"
	}
	return true, ""
}

// Call implements restore.Provider.
func (p Provider) Call(op restore.Op, at restore.Point) (restore.Call, bool) {
	argv := p.argv(op)
	if len(argv) == 0 || at.Host == nil {
		return restore.Call{}, false
	}
	return restore.Call{Argv: slices.Clone(argv), Env: []string{
		"PATCHWAVE_POINT=" + at.Tag, "PATCHWAVE_HOST=" + at.Host.Name, "PATCHWAVE_OP=" + string(op)}}, true
}

func (p Provider) argv(op restore.Op) []string {
	switch op {
	case restore.OpCreate:
		return p.Create
	case restore.OpCheck:
		return p.Check
	case restore.OpRollback:
		return p.Rollback
	case restore.OpRemove:
		return p.Remove
	case restore.OpDetect, restore.OpProve, restore.OpList:
		return nil
	default:
		return nil
	}
}

// Read implements restore.Provider.
func (p Provider) Read(op restore.Op, at restore.Point, a framing.Answer) restore.Said {
	switch op {
	case restore.OpDetect:
		return restore.Said{Possible: true}
	case restore.OpProve:
		return restore.Said{State: restore.Pending}
	case restore.OpList:
		return restore.Said{}
	case restore.OpCreate, restore.OpCheck, restore.OpRollback, restore.OpRemove:
	}
	f, ok := a.Get(restore.Frame)
	if ok && f.RC == 0 {
		return restore.Said{State: done(op), ID: at.Tag}
	}
	s := restore.Said{Code: string(connectors.CodeExit), Why: "the program did not run"}
	if ok {
		s.Why = fmt.Sprintf("%s ended with status %d", op, f.RC)
		if l := last(f); l != "" {
			s.Why += ": " + l
		}
	}
	switch op {
	case restore.OpCreate, restore.OpCheck:
		s.State = restore.Unusable
	case restore.OpRollback:
		s.State = restore.NotRestored
	case restore.OpDetect, restore.OpProve, restore.OpRemove, restore.OpList:
	}
	return s
}

func done(op restore.Op) restore.State {
	switch op {
	case restore.OpRollback:
		return restore.Pending
	case restore.OpRemove:
		return restore.Removed
	case restore.OpCreate, restore.OpCheck, restore.OpDetect, restore.OpProve, restore.OpList:
		return restore.Whole
	default:
		return ""
	}
}

// last is the last line that a program printed.
func last(f framing.Frame) string {
	for _, l := range slices.Backward(f.Lines()) {
		if l = restore.Line(strings.TrimSpace(l)); l != "" {
			return l
		}
	}
	return ""
}
