package run_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"patchwave/engine/journal"
	"patchwave/engine/restore"
	"patchwave/policies"
)

// systemRestore is System Restore of a puppet: it takes the whole host back, and nothing
// answers while it does.
type systemRestore struct {
	points map[string]snapshot
	number map[string]int
	// status is what GetLastRestoreStatus says: 1 is success.
	status int
	// keeps: what patchwave has on the host is not taken back with it. fails: the
	// machine boots and is as it was. stays: Windows refuses, and does not boot. gone:
	// the machine goes down and does not come back.
	keeps, fails, stays, gone bool
	// cut: the power went in the middle, and it has to be finished; lame: which does not help.
	cut, lame bool
	// taken are the tags that it was taken back to.
	taken []string
}

func newSystemRestore() *systemRestore {
	return &systemRestore{points: map[string]snapshot{}, number: map[string]int{}}
}

// answer is an operation in the session.
func (r *systemRestore) answer(p *puppet, args map[string]string) string {
	tag := args["tag"]
	switch restore.Op(args["op"]) {
	case restore.OpDetect:
		return "possible=yes"
	case restore.OpCheck:
		if _, ok := r.points[tag]; !ok {
			return "identity=" + p.bootID() + "\nstate=absent\nwhy=Windows does not have the restore point any more"
		}
		return fmt.Sprintf("identity=%s\nstate=whole\nid=%d", p.bootID(), r.number[tag])
	case restore.OpProve:
		switch {
		case args["before"] == p.bootID():
			return "state=pending"
		case r.cut:
			return "state=pending\ncode=interrupted\nwhy=it has not come to its end"
		case r.status == 1:
			return "identity=" + p.bootID() + "\nstate=restored"
		}
		return "state=not-restored\nwhy=the restore was interrupted"
	case restore.OpRollback:
		p.ops = append(p.ops, "finished")
		r.cut = r.lame
		return "state=pending"
	case restore.OpList:
		var lines []string
		for _, t := range slices.Sorted(maps.Keys(r.points)) {
			lines = append(lines, fmt.Sprintf("point=%s\t%d\t%d\t0", t, r.number[t], r.points[t].made))
		}
		return strings.Join(lines, "\n")
	case restore.OpRemove:
		return "state=kept\nwhy=Windows removes its oldest restore points by itself"
	default:
		return ""
	}
}

// begin is an operation in a job. A rollback has no answer.
func (r *systemRestore) begin(p *puppet, j *puppetJob, args map[string]string) {
	tag := args["tag"]
	now := time.Now()
	switch restore.Op(args["op"]) {
	case restore.OpCreate:
		j.ends = now.Add(20 * time.Second)
		r.number[tag] = len(r.points) + 1
		r.points[tag] = snapshot{p.version, maps.Clone(p.jobs), slices.Clone(p.order), now.Unix()}
		j.text = fmt.Sprintf("state=whole\nid=%d", r.number[tag])
	case restore.OpRollback:
		if r.stays {
			j.ends, j.rc, j.text = now.Add(5*time.Second), 1, "state=not-restored\nwhy=Windows does not have the restore point any more"
			return
		}
		r.taken = append(r.taken, tag)
		p.downFrom, p.back = now.Add(time.Second), now.Add(10*time.Minute)
		if r.gone {
			p.back = now.Add(240 * time.Hour)
		}
		j.ends = now.Add(24 * time.Hour)
		p.ops = append(p.ops, "taken back")
		if r.fails || r.gone {
			r.status = 2
			return
		}
		s := r.points[tag]
		r.status, p.version, p.flag = 1, s.version, false
		if !r.keeps {
			p.jobs, p.order = maps.Clone(s.jobs), slices.Clone(s.order)
		}
	}
}

// systemRestoreStage is a Windows client whose update breaks it.
func systemRestoreStage(t *testing.T, change func(*systemRestore)) *stage {
	s := newStage(t, fate{breaks: true}, points("system_restore"), selftest(policies.FailRollback), func(p *policies.Policy) { p.Reboot.When = policies.RebootNever })
	s.puppet.pane = &pane{restore: newSystemRestore()}
	if change != nil {
		change(s.puppet.pane.restore)
	}
	return s
}

// wantRestored checks a host that System Restore has taken back once, and whose jobs were
// buried under a new claim before anything else was done on it.
func (s *stage) wantRestored(h *journal.Host) {
	s.t.Helper()
	if h.State != journal.RolledBack || s.puppet.version != "1" || h.Updates[0].State != "rolled-back" {
		s.t.Fatalf("%s: %+v, version %s, %+v", h.State, h.Fault, s.puppet.version, h.Updates)
	}
	if taken := s.puppet.pane.restore.taken; !slices.Equal(taken, []string{restore.TagOf(restore.Origin(controller), "r1", "a")}) {
		s.t.Errorf("taken back to %v", taken)
	}
	at := slices.Index(s.puppet.ops, "taken back")
	after := slices.DeleteFunc(slices.Clone(s.puppet.ops[at+1:]), func(op string) bool { return op == "renew" })
	want := []string{"claim", "bury r1.restore-point.1.a", "bury r1.updates.1.a", "bury r1.rollback.1.a"}
	if got := after[:min(len(after), len(want))]; !slices.Equal(got, want) {
		s.t.Errorf("after it was taken back: %q", after)
	}
}

// TestSystemRestore: the job that takes the host back never answers; the boot and Windows
// itself prove it, whether or not patchwave's own files went back with the system.
func TestSystemRestore(t *testing.T) {
	for name, change := range map[string]func(*systemRestore){
		"its files go back": nil,
		"its files stay":    func(r *systemRestore) { r.keeps = true },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := systemRestoreStage(t, change)
				h := s.do()
				s.wantRestored(h)
				if h.Point.Provider != restore.SystemRestore || h.Point.Native != "1" || h.Point.Before == "" || h.Reboots != 1 {
					t.Errorf("point %+v, %d reboots", h.Point, h.Reboots)
				}
			})
		})
	}
}

// TestSystemRestoreFails: each way in which it does not work says which.
func TestSystemRestoreFails(t *testing.T) {
	for name, test := range map[string]struct {
		change  func(*systemRestore)
		message string
		taken   int
		state   journal.State
	}{
		"interrupted": {func(r *systemRestore) { r.fails = true }, "the rollback failed: the restore was interrupted; look at the host now", 1, journal.Failed},
		"refused":     {func(r *systemRestore) { r.stays = true }, "the rollback failed: Windows does not have the restore point any more; look at the host now", 0, journal.Failed},
		"not back":    {func(r *systemRestore) { r.gone = true }, "the rollback failed: the host did not come back within 30m0s of its reboot: interrupted; look at the host now; when it answers again, roll it back once more: that tells whether it was taken back", 1, journal.Lost},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := systemRestoreStage(t, test.change)
				h := s.do()
				if h.State != test.state || h.Fault == nil || h.Fault.Message != test.message {
					t.Errorf("%s: %+v", h.State, h.Fault)
				}
				if s.puppet.version != "2" || len(s.puppet.pane.restore.taken) != test.taken {
					t.Errorf("version %s, taken back to %v", s.puppet.version, s.puppet.pane.restore.taken)
				}
			})
		})
	}
}

// TestRollbackFinished: a rollback that lost its power after the host went back is asked
// for once more, which finishes it; where that does not help, that is the end.
func TestRollbackFinished(t *testing.T) {
	for _, lame := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := systemRestoreStage(t, func(r *systemRestore) { r.cut, r.lame = true, lame })
			h := s.do()
			asked := len(slices.DeleteFunc(slices.Clone(s.puppet.ops), func(op string) bool { return op != "finished" }))
			if asked != 1 || len(s.puppet.pane.restore.taken) != 1 {
				t.Errorf("lame %v: finished %d times, taken back to %v", lame, asked, s.puppet.pane.restore.taken)
			}
			if want := "the rollback failed: it has not come to its end; look at the host now"; lame && (h.State != journal.Failed || h.Fault.Message != want) {
				t.Errorf("%s: %+v", h.State, h.Fault)
			}
			if !lame && h.State != journal.RolledBack {
				t.Errorf("%s: %+v", h.State, h.Fault)
			}
		})
	}
}

// TestSystemRestoreResumed: whenever the process dies, the host is taken back once.
func TestSystemRestoreResumed(t *testing.T) {
	for n := 0; ; n++ {
		over := false
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := systemRestoreStage(t, nil)
				s.journal.before = func(call int, _ []journal.Event) error {
					if call == n {
						return errCrash
					}
					return nil
				}
				r, err := s.apply(1)
				if over = err == nil; !over {
					s.journal.before = nil
					if r, err = s.apply(2); err != nil {
						t.Fatal(err)
					}
				}
				s.wantRestored(r.Host("a"))
			})
		})
		if over {
			if n < 10 {
				t.Errorf("the run has %d writes only", n)
			}
			return
		}
	}
}
