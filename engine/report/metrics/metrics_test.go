package metrics

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

func snapshot() Snapshot {
	at := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	began, ended, two := at.Add(-time.Hour), at.Add(-30*time.Minute), 2
	return Snapshot{At: at, Version: "1.2.3", Policies: []Policy{
		{Name: "web", Hosts: 3, Scans: map[string]int{"ok": 2, "none": 1}, Pending: map[string]int{"critical": 4}, Reboots: 1, Missed: &two,
			Last: &Run{State: "finished", Started: began, Ended: &ended, Hosts: map[string]int{"done": 2, "failed": 1}}},
		{Name: "d\"b\n", Hosts: 1, Last: &Run{State: "running", Started: began}},
		{Name: "new"},
	}, Notifications: []Notifications{{"ops", map[string]int{"sent": 5, "given-up": 1}}}}
}

func write(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "patchwave.prom")
	for range 2 { // what is there is replaced
		if err := WriteFile(path, snapshot()); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestWriteFile(t *testing.T) {
	got := string(write(t))
	for _, want := range []string{
		`patchwave_build_info{version="1.2.3"} 1`,
		`patchwave_policy_hosts{policy="web"} 3`,
		`patchwave_policy_scans{policy="web",state="none"} 1`,
		`patchwave_policy_pending_updates{policy="web",severity="critical"} 4`,
		`patchwave_policy_pending_updates{policy="web",severity="low"} 0`,
		`patchwave_policy_reboot_required_hosts{policy="web"} 1`,
		`patchwave_policy_missed_openings{policy="web"} 2`,
		`patchwave_last_run_start_timestamp_seconds{policy="web"} 1.7953128e+09`,
		`patchwave_last_run_duration_seconds{policy="web"} 1800`,
		`patchwave_last_run_duration_seconds{policy="d\"b\n"} 3600`,
		`patchwave_last_run_state{policy="web",state="finished"} 1`,
		`patchwave_last_run_state{policy="web",state="stopped"} 0`,
		`patchwave_last_run_hosts{policy="web",state="done"} 2`,
		`patchwave_notifications{receiver="ops",state="given-up"} 1`,
	} {
		if !strings.Contains(got, want+"\n") {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
	if strings.Contains(got, `last_run_state{policy="new"`) || strings.Contains(got, `missed_openings{policy="new"`) {
		t.Errorf("what is not known is written:\n%s", got)
	}
}

// TestLint holds the file against Prometheus's own rules, and its families against
// the list.
func TestLint(t *testing.T) {
	b := write(t)
	problems, err := promlint.New(bytes.NewReader(b)).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
	p := expfmt.NewTextParser(model.UTF8Validation)
	families, err := p.TextToMetricFamilies(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range Families() {
		mf := families[f.Name]
		if mf == nil {
			t.Errorf("%s is not written", f.Name)
			continue
		}
		if len(mf.GetMetric()[0].GetLabel()) != len(f.Labels) {
			t.Errorf("%s has labels %v, not %v", f.Name, mf.GetMetric()[0].GetLabel(), f.Labels)
		}
		delete(families, f.Name)
	}
	if len(families) > 0 {
		t.Errorf("not in the list: %v", families)
	}
}

func TestWriteFileFails(t *testing.T) {
	if err := WriteFile(filepath.Join(t.TempDir(), "no", "x.prom"), Snapshot{}); err == nil {
		t.Error("no directory is no failure")
	}
}
