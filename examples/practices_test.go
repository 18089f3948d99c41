package examples_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/engine/config"
	"patchwave/inventory"
	"patchwave/policies"
)

// practices is where the seven practices are, each a configuration of its own.
const practices = "practices"

func practice(name string) string { return filepath.Join(practices, name) }

// warned checks that a changed practice is warned of, and only so.
func warned(t *testing.T, name, want string, changes ...string) {
	t.Helper()
	got := load(t, copyOf(t, practice(name), changes...)).warnings
	if len(got) == 0 {
		t.Errorf("changed to %q, and no warning", changes[len(changes)-1])
	}
	for _, w := range got {
		if !strings.Contains(w, want) {
			t.Errorf("changed to %q: %s; want %q", changes[len(changes)-1], w, want)
		}
	}
}

// TestPractice1ProfilesPerDeviceType: each type of device and operating system has
// a policy, a baseline and a window of its own, and no host has two.
func TestPractice1ProfilesPerDeviceType(t *testing.T) {
	e := load(t, copyOf(t, practice("1-profiles")))
	want := map[string]string{"web-1": "debian-servers", "web-2": "debian-servers", "build-1": "redhat-servers", "build-2": "redhat-servers",
		"pc-1": "desktops", "pc-2": "desktops", "pc-3": "desktops"}
	got := map[string]string{}
	for _, h := range e.inv.Hosts {
		got[h.Name] = strings.Join(h.Policies, " and ")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	baselines := map[string]bool{}
	for _, p := range e.pols {
		baselines[p.Baseline.Name] = true
	}
	if len(baselines) != len(e.pols) {
		t.Errorf("%d baselines for %d policies", len(baselines), len(e.pols))
	}
	if servers, desktops := e.policy(t, "debian-servers"), e.policy(t, "desktops"); servers.Window.Name == desktops.Window.Name {
		t.Error("desktops are patched when servers are")
	}

	t.Run("a host that two profiles want at one time is refused", func(t *testing.T) {
		dir := copyOf(t, practice("1-profiles"), `where = host.labels.os == "redhat" && host.labels.device == "server"`, `where = host.labels.device == "server"`)
		if got := refused(t, dir); !strings.Contains(got, `"debian-servers" and "redhat-servers" claim host "web-1"`) {
			t.Error(got)
		}
	})
	t.Run("facts do as well as labels", func(t *testing.T) {
		cfg, diags := config.Load(config.Options{Now: today(), Dir: copyOf(t, practice("1-profiles"),
			`where = host.labels.os == "windows"`, `where = host.os.family == "windows"`)})
		if diags.HasErrors() {
			t.Fatal(diags.Err())
		}
		inv, _, _ := cfg.Resolve(map[string]inventory.Facts{"pc-1": {OS: inventory.OS{Family: "windows"}}, "web-1": {OS: inventory.OS{Family: "debian"}}})
		if got := inv.Host("pc-1").Policies; !slices.Equal(got, []string{"desktops"}) {
			t.Errorf("pc-1 has policies %v", got)
		}
		if got := inv.Host("web-1").Policies; !slices.Equal(got, []string{"debian-servers"}) {
			t.Errorf("web-1 has policies %v", got)
		}
	})
}

// TestPractice2CriticalAndRebootsApart: critical hosts are patched by themselves
// and one at a time, and what needs a reboot is a group of its own.
func TestPractice2CriticalAndRebootsApart(t *testing.T) {
	e := load(t, copyOf(t, practice("2-critical")))
	for _, p := range e.pols {
		for _, h := range e.hostsOf(p) {
			if (h.Labels["critical"] == "yes") != strings.HasPrefix(p.Name, "db") {
				t.Errorf("policy %s patches %s, which is labelled %v", p.Name, h.Name, h.Labels)
			}
		}
	}
	if got := e.policy(t, "app").Rollout.Split; got != policies.SplitReboot {
		t.Errorf("the rollout of app is split by %q", got)
	}
	a := e.cfg.Declared(nil).Availabilities
	if len(a) != 1 || a[0].MaxUnavailable.Of(len(a[0].Hosts)) != 1 || !slices.Equal(a[0].Hosts, e.policy(t, "db").Hosts) {
		t.Errorf("availability %+v", a)
	}
	if diff := cmp.Diff([]string{"Tue 2026-12-01 02:00 db", "Tue 2026-12-01 03:00 app", "Tue 2026-12-01 04:30 db-reboot"},
		e.launches(t, "2026-12-01", "2026-12-02")); diff != "" {
		t.Error(diff)
	}
	warned(t, "2-critical", "critical group \"db\" shares waves", `members = [host.app-1, host.app-2, host.app-3, host.app-4]`,
		`members = [host.app-1, host.app-2, host.app-3, host.app-4, host.db-1]`, `gap          = "60m"`, "after = [policy.db]\n  gap = \"60m\"")

	t.Run("planned", func(t *testing.T) {
		f := simulate(t, e)
		for policy, want := range map[string][]string{
			"app": {
				"app-1 openssl then linux-image-6.1.0-41-amd64 and a reboot",
				"app-2 openssl then linux-image-6.1.0-41-amd64 and a reboot app-3 openssl then linux-image-6.1.0-41-amd64 and a reboot",
				"app-4 openssl then linux-image-6.1.0-41-amd64 and a reboot",
			},
			"db":        {"db-1 openssl", "db-2 openssl", "db-3 openssl"},
			"db-reboot": {"db-1 linux-image-6.1.0-41-amd64 and a reboot", "db-2 linux-image-6.1.0-41-amd64 and a reboot", "db-3 linux-image-6.1.0-41-amd64 and a reboot"},
		} {
			if diff := cmp.Diff(want, f.batches(t, policy)); diff != "" {
				t.Errorf("policy %s, a line a batch:\n%s", policy, diff)
			}
		}
	})
}

// TestPractice3PreparationWithRestorePointFirst: before any update there is a
// restore point, or there is no update; other actions are attached and undone.
func TestPractice3PreparationWithRestorePointFirst(t *testing.T) {
	e := load(t, copyOf(t, practice("3-preparation")))
	p := e.policy(t, "web")
	if r := p.Preparation.RestorePoint; r == nil || !r.Required || p.Verification.OnFailure != policies.FailRollback {
		t.Errorf("restore point %+v, on failure %s", r, p.Verification.OnFailure)
	}
	var actions []string
	for _, a := range p.Preparation.Actions {
		if len(a.Undo) == 0 && a.UndoScript == "" {
			t.Errorf("%s is not undone", a.Name)
		}
		if a.OnFailure != policies.FailStop {
			t.Errorf("a failure of %s does not stop the host", a.Name)
		}
		actions = append(actions, a.Name+" on "+a.On)
	}
	if diff := cmp.Diff([]string{"silence on controller", "drain on host"}, actions); diff != "" {
		t.Error(diff)
	}
	warned(t, "3-preparation", `policy "web" has no restore point`, `on_failure = "rollback" # to that point`, `on_failure = "stop"`,
		"  preparation  = preparation.first\n", "")

	t.Run("planned", func(t *testing.T) {
		made := simulate(t, e).plan(t, "web")
		steps := 0
		for _, h := range hostsOf(made) {
			for _, s := range h.Steps {
				steps++
				if s.RestorePoint == nil || !s.RestorePoint.Required || len(s.RestorePoint.Undoes) == 0 {
					t.Errorf("%s: updates %v with restore point %+v", h.Name, s.Updates, s.RestorePoint)
				}
			}
		}
		if steps != 2 {
			t.Errorf("%d steps, want one a host", steps)
		}
	})
}

// TestPractice4RegularWindowNotBeforeDaysOff: the window opens when nobody works,
// and never on the evening before a day off; validate warns of one that would.
func TestPractice4RegularWindowNotBeforeDaysOff(t *testing.T) {
	e := load(t, copyOf(t, practice("4-window")))
	c := e.cfg.Declared(nil).Calendars[0]
	used, left := 0, 0
	for _, l := range e.launches(t, "2026-11-24", "2027-12-31") {
		opens, err := time.ParseInLocation("Mon 2006-01-02 15:04", l[:20], e.cfg.Zone())
		if err != nil {
			t.Fatal(err)
		}
		if c.Working(opens) {
			t.Errorf("%s: people work", l)
		}
		if strings.HasSuffix(l, "unattended") {
			left++
			continue
		}
		used++
		if !c.WorkingBetween(opens, opens.Add(24*time.Hour)) {
			t.Errorf("%s: nobody works the day after", l)
		}
	}
	if used < 150 || left != 4 { // before Dec 24 and 25, Jan 1, and Good Friday
		t.Errorf("%d openings are used and %d left out", used, left)
	}
	const warning = `window "evening" opens on the evening before a day off`
	warned(t, "4-window", warning, `"Tue..Thu 22:00"`, `"Fri 22:00"`, "  attended = true\n", "")
	warned(t, "4-window", warning, "  attended = true\n", "") // the evenings before holidays
	warned(t, "4-window", warning, `"Tue..Thu 22:00"`, `"Sat 22:00"`, "  attended = true\n", "")
}

// TestPractice5GapsBetweenGroups: groups are launched 60 to 90 minutes apart, those
// without a reboot first and by priority, unless one depends on another.
func TestPractice5GapsBetweenGroups(t *testing.T) {
	e := load(t, copyOf(t, practice("5-gaps")))
	if diff := cmp.Diff([]string{"Tue 2026-12-01 02:00 print", "Tue 2026-12-01 03:00 files", "Tue 2026-12-01 04:30 db", "Tue 2026-12-01 06:00 app"},
		e.launches(t, "2026-12-01", "2026-12-02")); diff != "" {
		t.Error(diff)
	}
	t.Run("without the dependency priority decides", func(t *testing.T) {
		e := load(t, copyOf(t, practice("5-gaps"), "  after        = [policy.db]\n", ""))
		if got := e.launches(t, "2026-12-01", "2026-12-02"); got[2] != "Tue 2026-12-01 04:30 app" {
			t.Error(got)
		}
	})
	t.Run("a dependency comes before no-reboot", func(t *testing.T) {
		changes := []string{"  priority     = 10\n", "  priority     = 10\n  after        = [policy.app]\n"}
		e := load(t, copyOf(t, practice("5-gaps"), append(changes, `duration = "6h"`, `duration = "9h"`)...))
		if got := e.launches(t, "2026-12-01", "2026-12-02"); !strings.HasSuffix(got[len(got)-1], " print") {
			t.Error(got)
		}
		warned(t, "5-gaps", `policy "app" reboots before policy "print"`, changes...)
	})
	warned(t, "5-gaps", `policy "files" is launched 30m after policy "print"`, "  priority     = 20\n  gap          = \"60m\"\n", "  priority     = 20\n  gap          = \"30m\"\n")
	t.Run("gaps that do not fit are refused", func(t *testing.T) {
		if got := refused(t, copyOf(t, practice("5-gaps"), `duration = "6h"`, `duration = "4h"`)); !strings.Contains(got, `policy "app" is never launched`) {
			t.Error(got)
		}
	})
}

// TestPractice6EverythingIsOn: whoever sleeps is woken by a neighbour that does
// not, and what would be in the way is told, and downloaded, ahead of time.
func TestPractice6EverythingIsOn(t *testing.T) {
	e := load(t, copyOf(t, practice("6-awake")))
	p := e.policy(t, "desks")
	w := p.Preparation.Wake
	if w == nil || w.Timeout != 5*time.Minute || w.Then != policies.WakeRestore {
		t.Fatalf("wake %+v", w)
	}
	if via := e.inv.Host(w.Via); via == nil || slices.Contains(p.Hosts, via.Name) {
		t.Errorf("%q is to send the packet, and sleeps itself", w.Via)
	}
	for _, h := range e.hostsOf(p) {
		if h.MAC == "" {
			t.Errorf("%s cannot be woken", h.Name)
		}
	}
	if p.Notice == nil || p.Notice.Before != 24*time.Hour || len(p.Notice.To) != 1 {
		t.Errorf("notice %+v", p.Notice)
	}
	if p.Stage == nil || p.Stage.Before != 6*time.Hour {
		t.Errorf("stage %+v", p.Stage)
	}
	warned(t, "6-awake", "wakes hosts that have neither mac nor hypervisor", "  mac        = \"52:54:00:00:00:0${each.number}\"\n", "")

	t.Run("who is off is named, and the others are planned", func(t *testing.T) {
		f := simulate(t, e, "desk-2")
		made := f.plan(t, "desks")
		if len(made.Excluded) != 1 || made.Excluded[0].Host != "desk-2" || made.Excluded[0].Code != "unreachable" {
			t.Errorf("excluded: %+v", made.Excluded)
		}
		if got := len(hostsOf(made)); got != 2 {
			t.Errorf("%d hosts are planned", got)
		}
	})
}

// TestPractice7AttendedElseSuspended: nothing starts if nobody is there the next
// morning, by the calendar or by an operator's word.
func TestPractice7AttendedElseSuspended(t *testing.T) {
	e := load(t, copyOf(t, practice("7-attended")))
	fair := policies.Suspension{Policy: "web", Since: day(t, "2026-12-01", time.UTC), Until: day(t, "2026-12-05", time.UTC), Reason: "all at the fair"}
	want := []string{
		"Fri 2026-12-04 01:00 web suspended", "Fri 2026-12-11 01:00 web", "Fri 2026-12-18 01:00 web",
		"Fri 2026-12-25 01:00 web unattended", "Fri 2027-01-01 01:00 web unattended", "Fri 2027-01-08 01:00 web",
	}
	if diff := cmp.Diff(want, e.launches(t, "2026-12-01", "2027-01-10", fair)); diff != "" {
		t.Error(diff)
	}
	t.Run("whoever comes later does not count", func(t *testing.T) {
		e := load(t, copyOf(t, practice("7-attended"), `attendance = "4h"`, `attendance = "2h"`))
		for _, l := range e.launches(t, "2026-12-01", "2027-01-10") {
			if !strings.HasSuffix(l, "unattended") {
				t.Error(l)
			}
		}
	})
	t.Run("attended without a calendar is refused", func(t *testing.T) {
		got := refused(t, copyOf(t, practice("7-attended"), "  calendar   = calendar.office\n", ""))
		if !strings.Contains(got, "an attended window needs a calendar") {
			t.Error(got)
		}
	})
}
