package run_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/framing"
	"patchwave/connectors/script"
	"patchwave/engine/journal"
	"patchwave/engine/restore"
	"patchwave/inventory"
	"patchwave/policies"
)

// function is the provider of the virtual machines, by a function on the controller.
type function struct {
	restore.Scripted
	v *virtual
	// lose is how many answers of an operation do not come.
	lose map[restore.Op]int
}

func (function) Place() restore.Place { return restore.OnController }

func (f function) Call(op restore.Op, p restore.Point) (restore.Call, bool) {
	call, ok := f.Scripted.Call(op, p)
	return restore.Call{Do: func(ctx context.Context) (framing.Answer, error) {
		if f.lose[op] > 0 {
			f.lose[op]--
			return framing.Answer{}, errors.New("the API cannot be asked")
		}
		return script.Run(ctx, f.v, call.Script, call.Args, script.Options{Host: "a", Command: connectors.Command{Timeout: time.Minute}})
	}}, ok
}

// byFunction are the restores of a run whose hypervisor is such a function.
type byFunction struct {
	*virtual
	f function
}

func (b byFunction) Provider(string, *inventory.Host) restore.Provider { return b.f }

// TestFunction: a provider that is a function makes the point and takes the host back; an
// answer that was lost while it is proven is asked for again.
func TestFunction(t *testing.T) {
	synctest.Test(t, tryFunction)
}

func tryFunction(t *testing.T) {
	s := newStage(t, fate{breaks: true}, points("api"), selftest(policies.FailRollback))
	f := function{Scripted: restore.Scripted{Word: "api", Kind: "libvirt", Sh: ":", More: func(h *inventory.Host) map[string]string {
		return map[string]string{"domain": h.Hypervisor.Domain}
	}}, v: s.virtual, lose: map[restore.Op]int{restore.OpProve: 2}}
	s.restores = byFunction{s.virtual, f}
	h := s.do()
	if h.State != journal.RolledBack || s.puppet.version != "1" || h.Point.Provider != "api" || !h.Point.Checked {
		t.Errorf("%s, version %s, %+v", h.State, s.puppet.version, h.Point)
	}
	for _, j := range h.Jobs {
		if j.Step == "restore-point" && j.Where != "controller" {
			t.Errorf("the point was made at %q", j.Where)
		}
	}
}

// TestFunctionSaysNothing: without an answer there is no point, and nothing is changed.
func TestFunctionSaysNothing(t *testing.T) {
	synctest.Test(t, trySilence)
}

func trySilence(t *testing.T) {
	s := newStage(t, fate{}, points("api"))
	f := function{Scripted: restore.Scripted{Word: "api", Kind: "libvirt", Sh: ":", More: func(h *inventory.Host) map[string]string {
		return map[string]string{"domain": h.Hypervisor.Domain}
	}}, v: s.virtual, lose: map[restore.Op]int{restore.OpCreate: 9}}
	s.restores = byFunction{s.virtual, f}
	if h := s.do(); h.State == journal.Done || s.puppet.version != "1" {
		t.Errorf("%s, version %s", h.State, s.puppet.version)
	}
}
