package run_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/framing"
	"patchwave/engine/journal"
	"patchwave/engine/restore"
	"patchwave/engine/run"
	"patchwave/engine/updates"
	"patchwave/inventory"
	"patchwave/policies"
)

// pane is what makes a puppet a Windows host.
type pane struct {
	// reasons are in the way of its being ready, n looks after the boot it is in; nil
	// is a host that is ready at once.
	reasons func(p *puppet, n int) []string
	// dials refuses connections; nil refuses none.
	dials func(*puppet) error
	// refuses is why it does not reboot, blockers what stands in the way of updates.
	refuses, blockers string
	// restore makes it a Windows client with System Restore; nil is a host without.
	restore *systemRestore

	// asked are the moments of the looks, since is the first of the present boot.
	asked []time.Time
	boot  string
	looks int
}

// answer answers the scripts that only Windows hosts are sent.
func (w *pane) answer(p *puppet, call framing.Call, put func(name, text string, rc int)) bool {
	switch call.Name {
	case "require":
		put("clock", fmt.Sprint(time.Now().Unix()), 0)
		put("blockers", w.blockers, 0)
	case "ready":
		w.asked = append(w.asked, time.Now())
		if w.boot != p.bootID() {
			w.boot, w.looks = p.bootID(), 0
		}
		w.looks++
		text, word := "", "yes"
		if w.reasons != nil {
			for _, r := range w.reasons(p, w.looks) {
				text, word = text+"\nreason="+r, "no"
			}
		}
		put("ready", "boot_id="+p.bootID()+"\nready="+word+text, 0)
	case restore.Frame:
		if w.restore == nil {
			return false
		}
		put(restore.Frame, w.restore.answer(p, call.Args), 0)
	default:
		return false
	}
	return true
}

// rebootsItself takes the host down now, for a minute.
func rebootsItself(p *puppet) { p.downFrom, p.back = time.Now(), time.Now().Add(time.Minute) }

// paneManager is the puppet's package manager in PowerShell.
type paneManager struct{ puppetManager }

// Shell implements updates.Manager.
func (paneManager) Shell() updates.Shell {
	return updates.Shell{Dialect: connectors.DialectPowerShell, Scan: "# scan", Simulate: "# simulate", Job: "# job"}
}

// night is one run over one Windows host, in virtual time.
type night struct {
	host   *journal.Host
	puppet *puppet
	events []journal.Event
	took   time.Duration
}

func windowsNight(t *testing.T, w *pane, change func(*policies.Policy)) (n night) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n.puppet = &puppet{name: "w", pane: w, version: "1", jobs: map[string]*puppetJob{},
			fate: fate{latency: 10 * time.Millisecond, install: 5 * time.Minute, reboot: 2 * time.Minute, reboots: true}}
		p := policy(func(p *policies.Policy) { p.Hosts = []string{"w"} })
		p.Reboot = policies.Reboot{When: policies.RebootRequired, Timeout: 30 * time.Minute, Cycles: 2}
		p.Rollout.Waves = []policies.Wave{{Name: "all", Batch: amount(1)}}
		if change != nil {
			change(p)
		}
		s := &schedule{fates: map[string]fate{"w": n.puppet.fate}}
		var book memory
		e := &run.Engine{Dialer: &puppets{hosts: map[string]*puppet{"w": n.puppet}}, Managers: []updates.Manager{paneManager{}}, Journal: &book,
			Now: time.Now, Controller: controller, Poll: 2 * time.Second, Absences: &away{}}
		inv := &inventory.Inventory{Hosts: []*inventory.Host{{Name: "w", Target: connectors.Target{Name: "w", Kind: connectors.KindWinRM}}}}
		began := time.Now()
		r, err := e.Apply(t.Context(), run.Work{Run: "r1", Plan: s.plan([]*policies.Policy{p}), Inventory: inv, Policies: []*policies.Policy{p},
			Start: journal.RunStartedData{Kind: run.KindApply, Rollout: "r1", Controller: controller, Fence: 1}}, make(chan struct{}))
		if err != nil {
			t.Fatal(err)
		}
		n.host, n.events, n.took = r.Host("w"), book.events, time.Since(began)
	})
	return n
}

// boots are the boot ids that the journal has.
func (n night) boots(t *testing.T) (out []journal.RebootedData) {
	for _, e := range n.events {
		if e.Type == journal.Rebooted {
			out = append(out, decode[journal.RebootedData](t, e))
		}
	}
	return out
}

func (n night) fault() string {
	if n.host.Fault == nil {
		return ""
	}
	return n.host.Fault.Code + ": " + n.host.Fault.Message
}

// until says reasons for the first looks of a boot.
func until(looks int, reasons ...string) func(*puppet, int) []string {
	return func(_ *puppet, n int) []string {
		if n <= looks {
			return reasons
		}
		return nil
	}
}

const (
	logon     = "logon: the logon screen has not been shown yet"
	servicing = "servicing: Windows is installing parts of itself"
)

// TestWindowsGetsReady: updates, a reboot, and a verification that begins when the
// host has said twice, ten seconds apart, that it is ready.
func TestWindowsGetsReady(t *testing.T) {
	t.Parallel()
	w := &pane{reasons: until(4, logon, servicing)}
	n := windowsNight(t, w, nil)
	if n.host.State != journal.Done || n.host.Reboots != 1 || n.puppet.version != "2" {
		t.Fatalf("the host is %s after %d reboots, version %s: %s", n.host.State, n.host.Reboots, n.puppet.version, n.fault())
	}
	if len(w.asked) != 6 {
		t.Fatalf("asked %d times", len(w.asked))
	}
	for i := 1; i < len(w.asked); i++ {
		if d := w.asked[i].Sub(w.asked[i-1]); d < 10*time.Second {
			t.Errorf("asked again after %s", d)
		}
	}
	for _, e := range n.events {
		if e.Type == journal.HostState && decode[journal.HostStateData](t, e).To == journal.Verifying && e.At.Before(w.asked[5]) {
			t.Error("it was verified before it was ready")
		}
	}
}

// TestWindowsRebootsOnceMore: another boot begins the wait anew, and stands in the
// journal.
func TestWindowsRebootsOnceMore(t *testing.T) {
	t.Parallel()
	w := &pane{}
	w.reasons = func(p *puppet, n int) []string {
		if p.boots == 1 && n == 1 { // ready, as it says, and gone before the second look
			rebootsItself(p)
		}
		return nil
	}
	n := windowsNight(t, w, nil)
	if n.host.State != journal.Done || n.puppet.boots != 2 || n.host.Reboots != 1 {
		t.Fatalf("the host is %s after %d boots: %s", n.host.State, n.puppet.boots, n.fault())
	}
	if got := n.boots(t); len(got) != 1 || got[0].To != n.puppet.bootID() {
		t.Errorf("%+v, the host has %s", got, n.puppet.bootID())
	}
	if w.looks != 2 {
		t.Errorf("%d looks in the last boot", w.looks)
	}
}

// TestWindowsThatDoesNotSettle: each ends with what is in the way.
func TestWindowsThatDoesNotSettle(t *testing.T) {
	t.Parallel()
	again := func(p *puppet, n int) []string {
		rebootsItself(p)
		return []string{servicing}
	}
	// denied is a host that lets nobody in any more after it has come up
	denied := func(p *puppet) error {
		if p.boots == 0 || len(p.pane.asked) == 0 {
			return nil
		}
		return connectors.Errorf(connectors.CodeAuth, connectors.PhaseLogin, "w", "the login is refused")
	}
	hangsUp := func(p *puppet, _ int) []string {
		p.fate.gone = []span{{time.Now().Add(time.Second), time.Now().Add(15 * time.Second)}}
		return []string{servicing}
	}
	for _, test := range []struct {
		name  string
		pane  *pane
		state journal.State
		says  string
		most  time.Duration
	}{
		{"it reboots again and again", &pane{reasons: again}, journal.Failed, "exit: after its reboot the host rebooted 3 times by itself, 2 allowed", 30 * time.Minute},
		{"it never gets ready", &pane{reasons: until(1<<30, servicing)}, journal.Failed, "timeout: the host is back from its reboot and not ready after 35m0s: servicing: Windows is", time.Hour},
		{"it lets nobody in", &pane{reasons: hangsUp, dials: denied}, journal.Lost, "auth: the login is refused", 20 * time.Minute},
		{"it refuses", &pane{refuses: "C: would ask for a PIN"}, journal.Failed, "exit: the host refuses to reboot: C: would ask for a PIN", 15 * time.Minute},
		{"something is in the way", &pane{blockers: "installer\tanother installation is at work"}, journal.Failed, "guard: not fit to be patched: another installation is at work; nothing was changed", time.Minute},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			n := windowsNight(t, test.pane, nil)
			if n.host.State != test.state || !strings.HasPrefix(n.fault(), test.says) {
				t.Errorf("the host is %s: %s", n.host.State, n.fault())
			}
			if n.took > test.most {
				t.Errorf("it took %s", n.took)
			}
			if test.pane.blockers != "" && len(n.puppet.order) > 0 {
				t.Errorf("jobs: %v", n.puppet.order)
			}
			if test.pane.refuses != "" && n.puppet.boots != 0 {
				t.Error("it rebooted")
			}
		})
	}
}

// TestWindowsWithoutALogonScreen: nothing else is in the way for five minutes.
func TestWindowsWithoutALogonScreen(t *testing.T) {
	t.Parallel()
	w := &pane{reasons: until(1<<30, logon)}
	n := windowsNight(t, w, nil)
	if n.host.State != journal.Done {
		t.Fatalf("the host is %s: %s", n.host.State, n.fault())
	}
	if d := w.asked[len(w.asked)-1].Sub(w.asked[0]); d < 5*time.Minute || d > 7*time.Minute {
		t.Errorf("the logon screen was waited for for %s", d)
	}
	if !slices.ContainsFunc(n.events, func(e journal.Event) bool {
		return e.Type == journal.Noted && strings.Contains(decode[journal.NotedData](t, e).Text, "logon screen")
	}) {
		t.Error("nobody is told")
	}
}

// TestWindowsBoots: what a host says while it boots is no reason to give it up.
func TestWindowsBoots(t *testing.T) {
	t.Parallel()
	codes := []connectors.Code{connectors.CodeUnreachable, connectors.CodeAuth, connectors.CodeLost, connectors.CodeTimeout, connectors.CodeExit}
	tries := 0
	w := &pane{dials: func(p *puppet) error {
		if p.boots == 0 || tries >= 4*len(codes) {
			return nil
		}
		tries++
		return connectors.Errorf(codes[tries%len(codes)], connectors.PhaseLogin, "w", "not yet")
	}}
	n := windowsNight(t, w, nil)
	if n.host.State != journal.Done || tries != 4*len(codes) {
		t.Errorf("the host is %s after %d tries: %s", n.host.State, tries, n.fault())
	}
}

// TestWindowsThatNeverReboots is asked for nothing that is in the way of a reboot.
func TestWindowsThatNeverReboots(t *testing.T) {
	t.Parallel()
	n := windowsNight(t, &pane{}, func(p *policies.Policy) { p.Reboot.When = policies.RebootNever })
	if n.host.State != journal.Done || n.puppet.boots != 0 || len(n.puppet.pane.asked) != 0 {
		t.Errorf("the host is %s after %d boots, %d looks: %s", n.host.State, n.puppet.boots, len(n.puppet.pane.asked), n.fault())
	}
}
