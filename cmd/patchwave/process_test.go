package main

import (
	"os"
	"os/exec"
	"testing"
	"time"

	"patchwave/engine/coord"
	"patchwave/engine/journal"
)

// TestFate: a process is alive, or gone, only if that is sure.
func TestFate(t *testing.T) {
	boot, start := processIdentity(os.Getpid())
	machine, space := place()
	if boot == "" || start == "" || space == "" {
		t.Skip("this system does not tell processes apart")
	}
	me := journal.RunStartedData{PID: os.Getpid(), BootID: boot, ProcStart: start, MachineID: machine, PIDSpace: space}
	booted := unknown // with no machine id nobody knows whose boot it was
	if machine != "" {
		booted = gone
	}
	tests := []struct {
		name string
		edit func(*journal.RunStartedData)
		want fate
	}{
		{"it lives", func(*journal.RunStartedData) {}, alive},
		{"another has its number", func(d *journal.RunStartedData) { d.ProcStart = "1" }, gone},
		{"nobody has its number", func(d *journal.RunStartedData) { d.PID = 1 << 30 }, gone},
		{"another machine", func(d *journal.RunStartedData) { d.MachineID += "x" }, unknown},
		{"another container", func(d *journal.RunStartedData) { d.PIDSpace, d.ProcStart = "pid:[1]", "1" }, unknown},
		{"the machine was booted since", func(d *journal.RunStartedData) { d.BootID = "x" }, booted},
		{"it did not say when it began", func(d *journal.RunStartedData) { d.ProcStart = "" }, unknown},
		{"it did not say in which boot", func(d *journal.RunStartedData) { d.BootID = "" }, unknown},
		{"it did not say who it is", func(d *journal.RunStartedData) { d.PID = 0 }, unknown},
	}
	for _, test := range tests {
		d := me
		test.edit(&d)
		o := ownerOf("r1", d)
		if got := fateOf(o); got != test.want || provablyGone(o) != (test.want == gone) {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

// TestFateOfAZombie: a process that has ended and was not waited for is gone.
func TestFateOfAZombie(t *testing.T) {
	cmd := exec.Command("cat")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	o := coord.Owner{PID: cmd.Process.Pid}
	o.BootID, o.ProcStart = processIdentity(o.PID)
	o.MachineID, o.PIDSpace = place()
	if o.ProcStart != "" && fateOf(o) != alive {
		t.Errorf("while it lives: %v", fateOf(o))
	}
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	look, late := time.NewTicker(5*time.Millisecond), time.NewTimer(time.Minute)
	defer look.Stop()
	defer late.Stop()
	for o.ProcStart != "" && fateOf(o) != gone {
		select {
		case <-look.C:
		case <-late.C:
			t.Fatalf("after its end: %v", fateOf(o))
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}
