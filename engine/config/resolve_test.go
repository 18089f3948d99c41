package config_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"patchwave/connectors"
	"patchwave/engine/config"
	"patchwave/inventory"
	"patchwave/policies"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const minimal = `
connection "c" { type = "ssh" }
host "a" { connection = connection.c }
baseline "b" {
  approve "all" { packages = ["*"] }
}
policy "p" {
  hosts    = host.a
  baseline = baseline.b
}
`

// TestDefaults holds the defaults of the language against the values.
func TestDefaults(t *testing.T) {
	cfg, _ := load(t, minimal)
	if diff := cmp.Diff(config.Settings{
		Parallelism: 200,
		KnownHosts:  []string{"/home/op/.ssh/known_hosts", "/etc/ssh/ssh_known_hosts"},
	}, cfg.Settings); diff != "" {
		t.Error(diff)
	}
	inv, pols, _ := cfg.Resolve(nil)
	wantHost := &inventory.Host{
		Name: "a", Address: "a", Connection: "c", Labels: inventory.Labels{}, Groups: []string{}, Policies: []string{"p"},
		Target: connectors.Target{
			Name: "a", Kind: connectors.KindSSH, Address: "a",
			Keys:     connectors.HostKeys{Policy: connectors.HostKeysStrict, Files: cfg.Settings.KnownHosts},
			Become:   connectors.Become{Method: connectors.BecomeNone},
			Timeouts: connectors.Timeouts{Connect: 10 * time.Second, Command: 2 * time.Hour, Idle: 5 * time.Minute},
			Retry:    connectors.Retry{Attempts: 3, Backoff: 2 * time.Second},
		},
		Pos: inventory.Position{File: "main.hcl", Line: 3, Column: 1},
	}
	if diff := cmp.Diff([]*inventory.Host{wantHost}, inv.Hosts); diff != "" {
		t.Error(diff)
	}
	wantPolicy := &policies.Policy{
		Name: "p", Hosts: []string{"a"}, Priority: 50, Updates: "all",
		Reboot: policies.Reboot{When: policies.RebootRequired, Timeout: 20 * time.Minute, Cycles: 2},
		Rollout: policies.Rollout{
			Waves: []policies.Wave{{
				Name: "all", Batch: policies.Amount{Count: 10, Given: true},
				Pos: inventory.Position{File: "main.hcl", Line: 7, Column: 1},
			}},
			MaxFailures: policies.Amount{Given: true},
			Counts:      []string{"failed", "rolled-back", "unreachable", "lost"},
		},
		Pos: inventory.Position{File: "main.hcl", Line: 7, Column: 1},
	}
	if diff := cmp.Diff([]*policies.Policy{wantPolicy}, pols, cmpopts.IgnoreFields(policies.Policy{}, "Baseline")); diff != "" {
		t.Error(diff)
	}
}

func TestBecomeDefaults(t *testing.T) {
	inv, _ := resolve(t, `
connection "c" {
  type = "ssh"
  become {}
}
host "a" { connection = connection.c }`, nil)
	want := connectors.Become{Method: connectors.BecomeSudo, User: "root"}
	if diff := cmp.Diff(want, inv.Hosts[0].Target.Become); diff != "" {
		t.Error(diff)
	}
}

// TestWhole looks at every value of the example.
func TestWhole(t *testing.T) {
	dir, _ := fixture(t, "testdata/valid/whole.hcl")
	cfg, ds := config.Load(options(dir))
	if len(ds) > 0 {
		t.Fatal(ds)
	}
	inv, pols, ds := cfg.Resolve(nil)
	if len(ds) > 0 {
		t.Fatal(ds)
	}
	if got := cfg.Settings; got.Database != "/var/lib/patchwave/patchwave.db" || got.Timezone != "Europe/Berlin" || got.Parallelism != 200 {
		t.Errorf("settings %+v", got)
	}
	if len(inv.Hosts) != 52 || inv.Host("web-50") == nil {
		t.Fatalf("%d hosts", len(inv.Hosts))
	}
	web := inv.Host("web-07")
	if web.Address != "10.0.1.7" || web.Timezone != "Europe/Berlin" || web.Labels["tier"] != "prod" {
		t.Errorf("host %+v", web)
	}
	if diff := cmp.Diff([]string{"db-01"}, web.DependsOn); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]any{"owner": "web team"}, web.Vars); diff != "" {
		t.Error(diff)
	}
	target := web.Target
	if target.User != "patch" || target.Port != 22 || !target.SSHConfig || target.Auth.IdentityFiles[0] != "/home/op/.ssh/patch_ed25519" {
		t.Errorf("target %+v", target)
	}
	if got := target.Become.Password.Ref(); got != "cred:sudo" {
		t.Errorf("password %q", got)
	}
	if len(target.Jump) != 1 || target.Jump[0].Name != "bastion" || target.Jump[0].Address != "bastion.example.net" || target.Jump[0].User != "jump" {
		t.Errorf("jump %+v", target.Jump)
	}
	db := inv.Host("db-01")
	if db.Connection != "linux" || db.Labels["critical"] != "yes" || !slices.Equal(db.Groups, []string{"db"}) || !slices.Equal(db.Policies, []string{"db-prod"}) {
		t.Errorf("host %+v", db)
	}
	if got := cfg.Unmanaged; len(got) != 1 || got[0].Name != "bastion" || got[0].Pos.Line == 0 {
		t.Errorf("unmanaged %+v", got)
	}
	wholePolicy(t, pols[1])
}

func wholePolicy(t *testing.T, p *policies.Policy) {
	t.Helper()
	if p.Name != "web-prod" || len(p.Hosts) != 50 || p.Hosts[0] != "web-01" {
		t.Errorf("policy %q with %d hosts", p.Name, len(p.Hosts))
	}
	wantRollout := policies.Rollout{
		MaxFailures: policies.Amount{Percent: 5, Given: true},
		Counts:      []string{"failed", "rolled-back", "unreachable"},
		Waves: []policies.Wave{
			{Name: "canary", Count: 2, Soak: 24 * time.Hour, Batch: policies.Amount{Count: 10, Given: true}},
			{Name: "early", Percent: 10, Batch: policies.Amount{Count: 20, Given: true}},
			{Name: "rest", Batch: policies.Amount{Percent: 25, Given: true}, MaxUnavailable: policies.Amount{Percent: 30, Given: true}},
		},
	}
	if diff := cmp.Diff(wantRollout, p.Rollout, cmpopts.IgnoreFields(policies.Wave{}, "Pos")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(policies.Reboot{When: policies.RebootRequired, Timeout: 20 * time.Minute, Cycles: 5, Stagger: 2 * time.Minute}, p.Reboot); diff != "" {
		t.Error(diff)
	}
	wantPoint := &policies.RestorePoint{Providers: []string{"packages"}, Required: true, Keep: 3, Expire: 14 * 24 * time.Hour}
	if diff := cmp.Diff(wantPoint, p.Preparation.RestorePoint); diff != "" {
		t.Error(diff)
	}
	wantProbes := []policies.Probe{
		{Kind: policies.ProbeService, Name: "nginx", State: "running", Become: true, On: "host", Within: time.Minute},
		{Kind: policies.ProbeTCP, Name: "https", Port: 443, Become: true, On: "controller", Within: 2 * time.Minute},
		{Kind: policies.ProbeCommand, Name: "selftest", Run: "/usr/local/bin/selftest", Become: true, On: "host", Within: time.Minute},
	}
	if diff := cmp.Diff(wantProbes, p.Verification.Probes, cmpopts.IgnoreFields(policies.Probe{}, "Pos")); diff != "" {
		t.Error(diff)
	}
	if p.Verification.OnFailure != policies.FailRollback {
		t.Errorf("on_failure %q", p.Verification.OnFailure)
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	yes := true
	wantRules := []policies.Rule{
		{Kind: policies.RuleHold, Name: "kernel-freeze", Packages: []string{"linux-image-*", "kernel*"}, Reason: "driver certification",
			Until: time.Date(2027, 1, 8, 23, 59, 59, 999999999, berlin)},
		{Kind: policies.RuleReject, Name: "bad-winre", KBs: []string{"KB5034441"}, Reason: "fails on small recovery partitions"},
		{Kind: policies.RulePin, Name: "nginx", Packages: []string{"nginx"}, Version: "1.24.*"},
		{Kind: policies.RuleApprove, Name: "exploited", KnownExploited: &yes},
		{Kind: policies.RuleApprove, Name: "critical", Classifications: []inventory.Classification{inventory.Security},
			Severities: []inventory.Severity{inventory.Critical, inventory.Important}, After: 72 * time.Hour},
		{Kind: policies.RuleApprove, Name: "quiet", After: 14 * 24 * time.Hour},
	}
	if diff := cmp.Diff(wantRules, p.Baseline.Rules, cmpopts.IgnoreFields(policies.Rule{}, "Pos", "Where")); diff != "" {
		t.Error(diff)
	}
	if p.Baseline.Rules[5].Where == nil || p.Baseline.Rules[5].Pos.Line == 0 {
		t.Error("the last rule has no condition or no place")
	}
}

// TestTree holds JSON and folders against the native syntax.
func TestTree(t *testing.T) {
	dir, _ := fixture(t, "testdata/valid/tree")
	cfg, ds := config.Load(options(dir))
	if len(ds) > 0 {
		t.Fatal(ds)
	}
	inv, pols, _ := cfg.Resolve(nil)
	var names []string
	for _, h := range inv.Hosts {
		names = append(names, h.Name+" "+h.Address+" "+strings.Join(h.Groups, ","))
	}
	want := []string{
		"10-db 10-db rest",
		"10-db.example.net 10-db.example.net all",
		"mail mail.example.net all,more",
		"web-10.example.net fe80::10%eth0 all,web",
		"web-11.example.net fe80::11%eth0 all,web",
		"web-12.example.net fe80::12%eth0 all,web",
		"web-8.example.net fe80::8%eth0 all,web",
		"web-9.example.net fe80::9%eth0 all,web",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(inventory.Labels{"role": "mail", "fleet": "blue"}, inv.Host("mail").Labels); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"10-db", "10-db.example.net"}, inv.Host("mail").DependsOn); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(inventory.Labels{"role": "web", "index": "8", "rack": "r1", "weight": "5", "spare": "false"}, inv.Host("web-8.example.net").Labels); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]any{
		"rack": map[string]any{"row": 1.0, "slots": []any{1.0, 2.0}}, "note": nil, "name": "WEB-8.EXAMPLE.NET",
	}, inv.Host("web-8.example.net").Vars); diff != "" {
		t.Error(diff)
	}
	rest := pols[1]
	if rest.Name != "rest" || !slices.Equal(rest.Hosts, []string{"10-db", "mail"}) || rest.Rollout.MaxFailures.Count != 2 {
		t.Errorf("policy %+v", rest)
	}
	var rules []string
	for _, r := range rest.Baseline.Rules {
		rules = append(rules, string(r.Kind)+" "+r.Name)
	}
	if diff := cmp.Diff([]string{"hold kernel", "approve rest"}, rules); diff != "" {
		t.Error(diff)
	}
	if rest.Preparation.RestorePoint.Keep != 3 || rest.Preparation.RestorePoint.Required ||
		!slices.Equal(rest.Preparation.RestorePoint.Providers, []string{"packages", "system_restore", "vss"}) {
		t.Errorf("restore point %+v", rest.Preparation.RestorePoint)
	}
}

// TestRuleOrder: the first match wins, so the order of different block types
// counts, in JSON too.
func TestRuleOrder(t *testing.T) {
	_, pols := resolve(t, strings.Replace(minimal, `approve "all" { packages = ["*"] }`, `
  approve "1" { packages = ["a"] }
  hold    "2" { packages = ["b"] }
  approve "3" { packages = ["c"] }
  reject  "4" { packages = ["d"] }`, 1), nil)
	var got []string
	for _, r := range pols["p"].Baseline.Rules {
		got = append(got, r.Name)
	}
	if diff := cmp.Diff([]string{"1", "2", "3", "4"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestJumpChains(t *testing.T) {
	dir, _ := fixture(t, "testdata/valid/jumps.hcl")
	cfg, _ := config.Load(options(dir))
	inv, _, _ := cfg.Resolve(nil)
	want := map[string][]string{
		"deep":   {"front", "gate", "second"},
		"gate":   {"front"},
		"second": nil, // reached without the chain that names it
		"front":  nil,
	}
	for name, chain := range want {
		var got []string
		for _, hop := range inv.Host(name).Target.Jump {
			got = append(got, hop.Name)
			if len(hop.Jump) > 0 {
				t.Errorf("%s: hop %s has a chain of its own", name, hop.Name)
			}
		}
		if diff := cmp.Diff(chain, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if got := inv.Host("controller").Target; got.Kind != connectors.KindLocal || got.Become.Method != connectors.BecomeDoas {
		t.Errorf("target %+v", got)
	}
}

const byFacts = `
connection "c" { type = "ssh" }
host "a" {
  connection = connection.c
  labels     = { tier = "own" }
}
host "b" { connection = connection.c }
group "debian" {
  where  = host.os.family == "debian"
  labels = { tier = "debian", os = "deb" }
}
group "outer" {
  members = [group.debian]
  labels  = { critical = "yes" }
}
group "new" {
  where  = host.kernel == "6"
  labels = { os = "six" }
}
baseline "b" {
  approve "all" { packages = ["*"] }
}
policy "p" {
  hosts    = group.outer
  baseline = baseline.b
  rollout {
    wave "one" { count = 1 }
  }
}
`

func TestFacts(t *testing.T) {
	cfg, ds := load(t, byFacts)
	for _, d := range ds {
		if strings.Contains(d.Summary, "claims no host") || strings.Contains(d.Summary, "leave hosts over") {
			t.Errorf("facts decide about it: %s", d)
		}
	}
	inv, pols, ds := cfg.Resolve(nil)
	if len(ds) > 0 || len(pols[0].Hosts) > 0 || len(inv.Host("a").Groups) > 0 || len(cfg.Unmanaged) != 2 {
		t.Errorf("without facts: %v, %v, %v", ds, pols[0].Hosts, inv.Host("a"))
	}
	deb := inventory.Facts{OS: inventory.OS{Family: "debian"}}
	six := inventory.Facts{OS: inventory.OS{Family: "debian"}, Kernel: "6"}
	inv, pols, ds = cfg.Resolve(map[string]inventory.Facts{"a": deb, "b": six, "gone": deb})
	if diff := cmp.Diff([]string{"a", "b"}, pols[0].Hosts); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"debian", "outer"}, inv.Host("a").Groups); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(inventory.Labels{"tier": "own", "os": "deb", "critical": "yes"}, inv.Host("a").Labels); diff != "" {
		t.Error(diff)
	}
	var got []string
	for _, d := range ds {
		got = append(got, d.String())
	}
	want := []string{
		`main.hcl:18:12: warning: groups contradict each other about label "os" of host "b"; group.debian says "deb", group.new says "six". Give the host its own value, or take it out of one of them.`,
		`main.hcl:26:3: warning: the waves of policy "p" leave hosts over; 1 of 2 hosts are in no wave. End with a wave that has neither count nor percent.`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestFactsSeeOwnLabels: the where of a group does not see inherited labels.
func TestFactsSeeOwnLabels(t *testing.T) {
	inv, _ := resolve(t, `
connection "c" { type = "ssh" }
host "a" { connection = connection.c }
group "first" {
  members = [host.a]
  labels  = { role = "web" }
}
group "second" { where = host.labels.role == "web" }
group "third" { where = host.labels.role == null }`, nil)
	if diff := cmp.Diff([]string{"first", "third"}, inv.Host("a").Groups); diff != "" {
		t.Error(diff)
	}
}

func TestResolveOfBroken(t *testing.T) {
	dir := privateDir(t)
	write(t, dir, "main.hcl", `host "a" {}`)
	cfg, ds := config.Load(options(dir))
	if !ds.HasErrors() {
		t.Fatal("no error")
	}
	inv, pols, ds := cfg.Resolve(nil)
	if inv == nil || len(inv.Hosts) > 0 || len(pols) > 0 || !ds.HasErrors() {
		t.Errorf("got %v, %v, %v", inv, pols, ds)
	}
}

// TestResolveIsRepeatable: what is handed out can be changed without harm.
func TestResolveIsRepeatable(t *testing.T) {
	cfg, _ := load(t, byFacts)
	inv, _, _ := cfg.Resolve(nil)
	inv.Hosts[0].Labels["tier"] = "changed"
	inv.Groups[0].Labels["tier"] = "changed"
	again, _, _ := cfg.Resolve(nil)
	if again.Hosts[0].Labels["tier"] != "own" || again.Groups[0].Labels["tier"] != "debian" {
		t.Error("a value of the configuration was changed")
	}
}
