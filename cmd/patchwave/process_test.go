package main

import (
	"os"
	"testing"

	"patchwave/engine/journal"
)

// TestProvablyDead: a process is dead only if that is sure.
func TestProvablyDead(t *testing.T) {
	boot, start := processIdentity(os.Getpid())
	machine, space := place()
	if boot == "" || start == "" || space == "" {
		t.Skip("this system does not tell processes apart")
	}
	me := journal.RunStartedData{PID: os.Getpid(), BootID: boot, ProcStart: start, MachineID: machine, PIDSpace: space}
	tests := []struct {
		name string
		edit func(*journal.RunStartedData)
		dead bool
	}{
		{"it lives", func(*journal.RunStartedData) {}, false},
		{"another has its number", func(d *journal.RunStartedData) { d.ProcStart = "1" }, true},
		{"nobody has its number", func(d *journal.RunStartedData) { d.PID = 1 << 30 }, true},
		{"another machine", func(d *journal.RunStartedData) { d.MachineID += "x" }, false},
		{"another container", func(d *journal.RunStartedData) { d.PIDSpace, d.ProcStart = "pid:[1]", "1" }, false},
		{"the machine was booted since", func(d *journal.RunStartedData) { d.BootID = "x" }, machine != ""},
		{"it did not say when it began", func(d *journal.RunStartedData) { d.ProcStart = "" }, false},
		{"it did not say in which boot", func(d *journal.RunStartedData) { d.BootID = "" }, false},
		{"it did not say who it is", func(d *journal.RunStartedData) { d.PID = 0 }, false},
	}
	for _, test := range tests {
		d := me
		test.edit(&d)
		if got := provablyDead(d); got != test.dead {
			t.Errorf("%s: dead %v", test.name, got)
		}
	}
}
