package restore

import (
	_ "embed" // what every script of a language begins with
	"maps"

	"patchwave/connectors/framing"
	"patchwave/connectors/script"
	"patchwave/inventory"
)

//go:embed words.sh
var words string

//go:embed host.sh
var onHost string

//go:embed point.ps1
var pointPowerShell string

// PowerShell is what the body of a provider in PowerShell puts before itself: its
// arguments, and the lines of its answer.
func PowerShell() string { return pointPowerShell }

// Scripted is a provider that is the script restore-point of the package comment.
// It implements Provider.
type Scripted struct {
	// Word is its name in configuration, Kind what the script is told it is.
	Word, Kind string
	Where      Place
	// Sh and PowerShell are the bodies. That in sh is run with words.sh before it, and
	// on the host with host.sh too.
	Sh, PowerShell string
	// More are arguments of the script that come from what is declared; nil: none.
	More func(h *inventory.Host) map[string]string
	// Codes reads the provider's own number of what went wrong; nil: it has none.
	Codes func(native string) (code, why string)
	// Differs is what the scope of this one has besides that of its kind.
	Differs []string
}

// Name implements Provider.
func (s Scripted) Name() string { return s.Word }

// Place implements Provider.
func (s Scripted) Place() Place { return s.Where }

// Scope implements Provider.
func (s Scripted) Scope() Scope {
	scope := ScopeOf(s.Kind)
	scope.CannotUndo = append(scope.CannotUndo, s.Differs...)
	return scope
}

// Fits implements Provider.
func (s Scripted) Fits(h *inventory.Host, f inventory.Facts) (bool, string) {
	return Fits(s.Kind, h, f)
}

// Call implements Provider. A kind that cannot take a host back has no rollback.
func (s Scripted) Call(op Op, p Point) (Call, bool) {
	if (op == OpRollback || op == OpProve) && !s.Scope().Rollback {
		return Call{}, false
	}
	args := map[string]string{"op": string(op), "provider": s.Kind}
	for name, value := range map[string]string{"tag": p.Tag, "id": p.ID, "before": p.Before} {
		if value != "" && op != OpDetect && op != OpList {
			args[name] = value
		}
	}
	if op == OpList {
		maps.Copy(args, p.Args)
	}
	if s.More != nil {
		maps.Copy(args, s.More(p.Host))
	}
	sh := s.Sh
	switch {
	case sh == "":
	case s.Where == OnHost:
		sh = words + onHost + sh
	default:
		sh = words + sh
	}
	return Call{Script: script.Script{Name: Frame, Version: 1, Sh: sh, PowerShell: s.PowerShell}, Args: args}, true
}

// Read implements Provider.
func (s Scripted) Read(op Op, _ Point, a framing.Answer) Said {
	if (op == OpRollback || op == OpProve) && !s.Scope().Rollback {
		return Said{State: NotRestored, Code: "unsupported", Why: "restore points of " + s.Word + " hold files only; nothing can be taken back to them"}
	}
	said := ParseAnswer(op, a)
	if native := a.Values(Frame)["native"]; native != "" && s.Codes != nil {
		said.Possible, said.State = false, ""
		said.Code, said.Why = s.Codes(native)
	}
	return said
}
