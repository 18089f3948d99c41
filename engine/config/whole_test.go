package config_test

import (
	"slices"
	"testing"
	"time"

	"patchwave/connectors"
	"patchwave/engine/config"
	"patchwave/inventory"
	"patchwave/policies"
	"patchwave/policies/calendar"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// language loads the configuration that the description of the language prints.
func language(t *testing.T) (*config.Config, *inventory.Inventory, map[string]*policies.Policy) {
	t.Helper()
	dir, _ := fixture(t, "testdata/warning/language")
	cfg, ds := config.Load(options(dir))
	if err := ds.Err(); err != nil {
		t.Fatal(err)
	}
	inv, pols, ds := cfg.Resolve(nil)
	if len(ds) > 0 {
		t.Fatal(ds)
	}
	byName := map[string]*policies.Policy{}
	for _, p := range pols {
		byName[p.Name] = p
	}
	return cfg, inv, byName
}

// compareText lets texts be compared by what was written.
func compareText() cmp.Option {
	return cmp.Transformer("text", func(t policies.Text) string {
		if t == nil {
			return ""
		}
		return t.String()
	})
}

func TestLanguageHosts(t *testing.T) {
	cfg, inv, _ := language(t)
	web := inv.Host("web-07")
	if web.Site != "fra1" || web.MAC != "52:54:00:00:00:07" || web.Source != "" {
		t.Errorf("host %+v", web)
	}
	want := &inventory.Hypervisor{Type: "libvirt", URI: "qemu+ssh://kvm1/system", Domain: "web-07"}
	if diff := cmp.Diff(want, web.Hypervisor); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]*inventory.Site{{Name: "fra1", Parallelism: 50, ConnectRate: 20}}, inv.Sites,
		cmpopts.IgnoreFields(inventory.Site{}, "Pos")); diff != "" {
		t.Error(diff)
	}
	win := inv.Host("win-01").Target
	wantWin := connectors.WinRM{HTTPS: true, Auth: connectors.WinRMNTLM, CAFile: cfg.Dir + "/corp-ca.pem"}
	if diff := cmp.Diff(wantWin, win.WinRM); diff != "" {
		t.Error(diff)
	}
	if win.Kind != connectors.KindWinRM || win.User != `CORP\patch` || win.Port != 5986 || win.Auth.Password.Ref() != "cred:winrm" {
		t.Errorf("target %+v", win)
	}
	old := inv.Host("old-02")
	if old == nil || old.Address != "10.0.9.2" || old.Source != "legacy" || old.Connection != "linux" || !slices.Equal(old.Groups, []string{"legacy"}) {
		t.Errorf("host of the source %+v", old)
	}
	if diff := cmp.Diff([]config.Source{{Name: "legacy", Kind: "ansible", Path: cfg.Dir + "/hosts.ini", Hosts: 2}}, cfg.Sources,
		cmpopts.IgnoreFields(config.Source{}, "Pos")); diff != "" {
		t.Error(diff)
	}
}

func TestLanguagePreparation(t *testing.T) {
	_, _, pols := language(t)
	want := &policies.Preparation{
		Name:         "standard",
		Wake:         &policies.Wake{Timeout: 5 * time.Minute, Via: "bastion", Then: policies.WakeRestore},
		Require:      &policies.Require{DiskFree: map[string]int64{"/": 2 << 30, "/boot": 200 << 20}, ClockSkew: 30 * time.Second, NoProcess: []string{"backup-agent"}, NoUsers: true},
		RestorePoint: &policies.RestorePoint{Providers: []string{"snapper", "lvm", "zfs", "packages"}, Required: true, Keep: 3, Expire: 14 * 24 * time.Hour},
		Actions: []policies.Action{
			{Name: "silence", On: policies.OnController, OnFailure: policies.FailStop},
			{Name: "drain", On: policies.OnHost, OnFailure: policies.FailStop, Script: "systemctl stop haproxy-member", UndoScript: "systemctl start haproxy-member"},
		},
	}
	got := pols["web-prod"].Preparation
	if diff := cmp.Diff(want, got, cmpopts.IgnoreTypes(inventory.Position{}), cmpopts.IgnoreTypes([]policies.Text{})); diff != "" {
		t.Error(diff)
	}
	subject := policies.Subject{Host: &inventory.Host{Name: "web-01"}}
	for _, tt := range []struct {
		texts []policies.Text
		want  []string
	}{
		{got.Actions[0].Command, []string{"amtool", "silence", "add", "host=web-01"}},
		{got.Actions[0].Undo, []string{"amtool", "silence", "expire", "host=web-01"}},
	} {
		if diff := cmp.Diff(tt.want, render(t, tt.texts, subject)); diff != "" {
			t.Error(diff)
		}
	}
}

func render(t *testing.T, texts []policies.Text, s policies.Subject) []string {
	t.Helper()
	var out []string
	for _, text := range texts {
		v, err := text.Render(s)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	return out
}

func TestLanguageVerification(t *testing.T) {
	_, _, pols := language(t)
	v := pols["web-prod"].Verification
	if diff := cmp.Diff([]string{"services", "listeners", "mounts", "failed_units", "broken_packages"}, v.Unchanged); diff != "" {
		t.Error(diff)
	}
	want := policies.Probe{Kind: policies.ProbeHTTP, Name: "front", Status: []int{200}, Body: "ok", On: policies.OnController, Become: true, Within: time.Minute}
	i := slices.IndexFunc(v.Probes, func(p policies.Probe) bool { return p.Kind == policies.ProbeHTTP })
	if diff := cmp.Diff(want, v.Probes[i], cmpopts.IgnoreFields(policies.Probe{}, "Pos", "URL")); diff != "" {
		t.Error(diff)
	}
	url := v.Probes[i].URL
	if url.String() != "https://${host.address}/healthz" {
		t.Errorf("written as %q", url)
	}
	if got := render(t, []policies.Text{url}, policies.Subject{Host: &inventory.Host{Address: "10.0.1.1"}}); got[0] != "https://10.0.1.1/healthz" {
		t.Errorf("rendered as %q", got)
	}
	if _, constant := url.Constant(); constant {
		t.Error("the URL is the same for every host")
	}
}

func TestLanguagePolicy(t *testing.T) {
	cfg, _, pols := language(t)
	p := pols["web-prod"]
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	w := p.Window
	if w.Name != "tuesday-night" || w.Duration != 4*time.Hour || w.Zone.String() != "Europe/Berlin" || !w.Attended || w.Attendance != 12*time.Hour || w.Schedule.String() != "Tue 02:00" {
		t.Errorf("window %+v", w)
	}
	next, ok := w.Schedule.Next(now(), w.Zone)
	if want := time.Date(2026, 12, 1, 2, 0, 0, 0, berlin); !ok || !next.Equal(want) {
		t.Errorf("the next start is %v", next)
	}
	date := func(y int, m time.Month, d int) calendar.Date { return calendar.Date{Year: y, Month: m, Day: d} }
	wantCalendar := &calendar.Calendar{
		Name: "office", Zone: berlin, Workdays: [7]bool{false, true, true, true, true, true, false},
		From: 8 * time.Hour, To: 18 * time.Hour,
		Holidays: []calendar.Holiday{{Date: date(2026, 12, 25)}, {Date: date(2026, 12, 26)}},
		Freezes:  []calendar.Freeze{{Name: "year-end", From: date(2026, 12, 18), To: date(2027, 1, 4), Reason: "closing the books"}},
	}
	zones := cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() })
	if diff := cmp.Diff(wantCalendar, w.Calendar, zones); diff != "" {
		t.Error(diff)
	}
	if !slices.Equal(p.After, []string{"db-prod"}) || p.Gap != 90*time.Minute || p.Rollout.Split != policies.SplitReboot || p.Stage.Before != 6*time.Hour {
		t.Errorf("policy %+v", p)
	}
	if p.Notice.Before != 24*time.Hour || len(p.Notice.To) != 1 || p.Notice.To[0].Name != "ops" || len(p.Notify) != 1 || p.Notify[0].URL.Ref() != "file:/etc/patchwave/slack" {
		t.Errorf("notice %+v, notify %+v", p.Notice, p.Notify)
	}
	d := cfg.Declared(nil)
	if len(d.Windows) != 1 || len(d.Calendars) != 1 || len(d.Providers) != 0 {
		t.Errorf("%+v", d)
	}
	if diff := cmp.Diff([]string{"missed", "failed", "stopped", "finished", "unreachable"}, d.Notifies[0].On); diff != "" {
		t.Error(diff)
	}
}

func TestLanguageDeclared(t *testing.T) {
	cfg, _, _ := language(t)
	d := cfg.Declared(nil)
	noPos := cmpopts.IgnoreTypes(inventory.Position{})
	wantAvailability := []*policies.Availability{{Name: "db-quorum", Hosts: []string{"db-01"}, MaxUnavailable: policies.Amount{Count: 1, Given: true},
		Probes: []policies.Probe{{Kind: policies.ProbeCommand, Name: "quorum", Run: "etcdctl endpoint health --cluster", On: policies.OnHost, Become: true, Within: time.Minute}}}}
	if diff := cmp.Diff(wantAvailability, d.Availabilities, noPos, compareText()); diff != "" {
		t.Error(diff)
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	wantWaiver := []*policies.Waiver{{Name: "legacy-erp", Hosts: []string{"db-01"}, Updates: []string{"openssl*"}, Owner: "platform team",
		Reason: "vendor fix due in the first quarter", Until: time.Date(2027, 3, 31, 23, 59, 59, 999999999, berlin)}}
	if diff := cmp.Diff(wantWaiver, d.Waivers, noPos); diff != "" {
		t.Error(diff)
	}
	wantStandard := []*policies.Standard{{Name: "internal", Deadlines: []policies.Deadline{
		{Severities: []inventory.Severity{inventory.Critical}, Within: 14 * 24 * time.Hour},
		{Classifications: []inventory.Classification{inventory.Security}, Within: 30 * 24 * time.Hour},
	}}}
	if diff := cmp.Diff(wantStandard, d.Standards, noPos); diff != "" {
		t.Error(diff)
	}
}

// TestLanguageTests reads the policy test that the description prints.
func TestLanguageTests(t *testing.T) {
	dir, _ := fixture(t, "testdata/warning/language")
	tests, ds := config.LoadTests(options(dir))
	if len(ds) > 0 {
		t.Fatal(ds)
	}
	if len(tests) != 1 || tests[0].Name != "a kernel waits for the new year" || !tests[0].Now.Equal(time.Date(2026, 12, 20, 1, 0, 0, 0, time.UTC)) {
		t.Fatalf("%+v", tests)
	}
	if got := tests[0].Expects[0]; got.Decision != policies.Held || got.Rule != "kernel-freeze" || got.Update != "linux-image-amd64" {
		t.Errorf("%+v", got)
	}
}

// TestUnsupportedLanguage: what the description asks for and this version cannot do
// is named with its place.
func TestUnsupportedLanguage(t *testing.T) {
	_, _, pols := language(t)
	for _, name := range []string{"web-prod", "db-prod"} {
		p := pols[name]
		for _, g := range policies.Unsupported(p) {
			if g.What == "" || g.Pos.File == "" || g.Pos.Line == 0 {
				t.Errorf("policy %s: %+v", name, g)
			}
		}
	}
}

// TestBrokenDeclares: a configuration with errors hands out nothing.
func TestBrokenDeclares(t *testing.T) {
	dir := privateDir(t)
	write(t, dir, "main.hcl", `notify "ops" {}`)
	cfg, ds := config.Load(options(dir))
	if !ds.HasErrors() {
		t.Fatal("no error")
	}
	if diff := cmp.Diff(config.Declared{}, cfg.Declared(nil)); diff != "" {
		t.Error(diff)
	}
	if tests, ds := cfg.Tests(); len(tests) > 0 || !ds.HasErrors() {
		t.Errorf("%v, %v", tests, ds)
	}
}

// TestMore looks at what the description's example leaves out.
func TestMore(t *testing.T) {
	dir, _ := fixture(t, "testdata/valid/more")
	cfg, ds := config.Load(options(dir))
	if len(ds) > 0 {
		t.Fatal(ds)
	}
	inv, list, _ := cfg.Resolve(nil)
	vm := inv.Host("vm-2")
	if vm.MAC != "52:54:00:aa:00:02" {
		t.Errorf("mac %q", vm.MAC)
	}
	if diff := cmp.Diff(&inventory.Hypervisor{Type: "proxmox", Provider: "pve", Domain: "102"}, vm.Hypervisor); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(&inventory.Hypervisor{Type: "libvirt", Provider: "kvm", Domain: "kvm-1"}, inv.Host("kvm-1").Hypervisor); diff != "" {
		t.Error(diff)
	}
	p := list[1]
	point := p.Preparation.RestorePoint
	if diff := cmp.Diff([]string{"pve", "san", "packages"}, point.Providers); diff != "" || point.Declared["pve"].Type != "proxmox" || point.Declared["san"].Type != "command" || len(point.Declared) != 2 {
		t.Errorf("%s %+v", diff, point)
	}
	if p.Window.Zone != nil || p.Reboot.When != policies.RebootDefer || p.Reboot.Window.Name != "sundays" || p.Reboot.Window.Zone.String() != "Europe/Berlin" {
		t.Errorf("window %+v, reboot %+v", p.Window, p.Reboot)
	}
	wantUpdate := &policies.WindowsUpdate{Source: policies.SourceOffline, Cab: dir + "/wsusscn2.cab", AcceptEULA: true}
	if diff := cmp.Diff(wantUpdate, p.WindowsUpdate, cmpopts.IgnoreFields(policies.WindowsUpdate{}, "Pos")); diff != "" {
		t.Error(diff)
	}
	if p.Notice.To[0].Name != "all" || len(p.Notify[0].On) != len(policies.NotifyEvents()) {
		t.Errorf("notice %+v", p.Notice)
	}
	action := p.Preparation.Actions[0]
	if action.UndoScript != "logger done" || action.Undo != nil || action.OnFailure != policies.FailContinue || len(action.Command) != 3 {
		t.Errorf("action %+v", action)
	}
	subject := policies.Subject{Host: vm, Facts: &inventory.Facts{Kernel: "6.1", OS: inventory.OS{Name: "debian"}}}
	if diff := cmp.Diff([]string{"check", "vm-2", "6.1"}, render(t, p.Verification.Probes[0].Command, subject)); diff != "" {
		t.Error(diff)
	}
	d := cfg.Declared(nil)
	if diff := cmp.Diff([]string{"kvm-1", "vm-1", "vm-2", "vm-3"}, d.Availabilities[0].Hosts); diff != "" || d.Availabilities[0].MinHealthy.Percent != 50 {
		t.Errorf("%s %+v", diff, d.Availabilities[0])
	}
	if got := render(t, d.Providers[2].Create, subject); !slices.Equal(got, []string{"san", "create", "vm-2"}) || d.Providers[0].Connection != "linux" {
		t.Errorf("providers %q %+v", got, d.Providers[0])
	}
	manned := d.Windows[0]
	if manned.Attendance != time.Hour || manned.Calendar.From != 22*time.Hour || manned.Calendar.To != 6*time.Hour || !manned.Calendar.Workdays[0] || manned.Calendar.Workdays[1] {
		t.Errorf("window %+v %+v", manned, manned.Calendar)
	}
}
