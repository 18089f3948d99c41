package health

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors/framing"
	"patchwave/engine/journal"
	"patchwave/policies"
)

// windowsHost is an answer as health.ps1 is meant to give it. It is hand-made: no
// Windows machine has said it. edits are pairs of texts, OLD and NEW.
func windowsHost(t testing.TB, edits ...string) framing.Answer {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "windows-hand-made.out"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for i := 0; i < len(edits); i += 2 {
		if !strings.Contains(text, edits[i]) {
			t.Fatalf("the answer has no %q", edits[i])
		}
		text = strings.ReplaceAll(text, edits[i], edits[i+1])
	}
	return framing.Parse("00ff", []byte(text), nil)
}

func TestWindowsFingerprint(t *testing.T) {
	got := parseFingerprint(windowsHost(t), policies.HealthParts())
	if got.Err() != nil {
		t.Fatal(got.Err())
	}
	want := journal.HealthData{
		BootID: "00000000-0000-0000-01db-2f6a00112233", Init: "windows", Manager: "cbs", Time: "yes",
		Services:    []string{"Agent of ACME", "Dhcp", "EventLog", "MSSQL$SQLEXPRESS", "WinRM"},
		FailedUnits: []string{"Agent of ACME", "Spooler"},
		Listeners:   []string{"tcp/135", "tcp/1433", "tcp/1434 on loopback", "tcp/445", "tcp/5985", "udp/53"},
		Mounts:      []string{`C:\`, `D:\data\`},
		BrokenPackages: []string{"Package_for_KB1~1 installed in part",
			"Package_for_RollupFix~31bf3856ad364e35~amd64~~20348.2762.1.8 to be installed, and waits for a reboot", "component-store not done: it waits for a reboot"},
		Kernel: "10.0.20348.2762", Kernels: []string{"10.0.20348.2762", "pending"},
		Routes:      []string{"10.0.0.0/24", "192.168.9.1/32", "default", "default of IPv6"},
		EventErrors: []string{"Microsoft-Windows-Kernel-Power 41", "Service Control Manager 7023"},
	}
	if diff := cmp.Diff(want, got.HealthData); diff != "" {
		t.Error(diff)
	}
}

// TestWindowsDifference: what is told, and what Windows does by itself.
func TestWindowsDifference(t *testing.T) {
	const boot, other = "01db-2f6a00112233", "01db-ffff00112233"
	tests := []struct {
		name, part string
		edits      []string
		updated    []string
		says       string // of a difference; "" for none
	}{
		{"a service is gone", "services", []string{"EventLog\trunning", "EventLog\tstopped"}, nil, "service EventLog ran before and is stopped now"},
		{"a service has crashed", "services", []string{"Dhcp\trunning\tauto\t-\t0", "Dhcp\tstopped\tauto\t-\t1067"}, nil, "Dhcp ran before and is stopped (exit code 1067) now"},
		{"a service was disabled", "services", []string{"Dhcp\trunning\tauto", "Dhcp\tstopped\tdisabled"}, nil, "stopped (disabled)"},
		{"one that is started on demand", "services", []string{"BITS\trunning", "BITS\tstopped", "W32Time\trunning", "W32Time\tstopped", "WpnUserService_4a1b2", "WpnUserService_99"}, nil, ""},
		{"a delayed one, soon after the boot", "services", []string{"uptime=86400", "uptime=90", "ACME\trunning\tauto\tdelayed\t0", "ACME\tstopped\tauto\tdelayed\t1077"}, nil, ""},
		{"a delayed one, an hour after the boot", "services", []string{"uptime=86400", "uptime=3600", "ACME\trunning\tauto\tdelayed\t0", "ACME\tstopped\tauto\tdelayed\t1077"}, nil, "Agent of ACME ran before"},
		{"a delayed one that failed", "services", []string{"uptime=86400", "uptime=90", "ACME\trunning\tauto\tdelayed\t0", "ACME\tstopped\tauto\tdelayed\t1053"}, nil, "exit code 1053"},
		{"one that is not delayed was not tried", "services", []string{"uptime=86400", "uptime=90", "Dhcp\trunning\tauto\t-\t0", "Dhcp\tstopped\tauto\t-\t1077"}, nil, "Dhcp ran before"},
		{"another one has failed", "failed_units", []string{"EventLog\trunning\tauto\t-\t0", "EventLog\tstopped\tauto\t-\t1068"}, nil, "EventLog has failed"},
		{"one crashes again and again", "failed_units", []string{"Dhcp\t1\n", "Dhcp\t3\n"}, nil, "Dhcp has failed"},
		{"nobody listens", "listeners", []string{"0.0.0.0\t1433", "0.0.0.0\t50433"}, nil, "nothing listens on tcp/1433 any more"},
		{"loopback only", "listeners", []string{"0.0.0.0\t1433", "127.0.0.1\t1433"}, nil, "tcp/1433 is open on loopback only"},
		{"ports that Windows picks, and discovery", "listeners", []string{"49664", "49700", "7680", "7681", "0.0.0.0\t500", "0.0.0.0\t501"}, nil, ""},
		{"a drive is gone", "mounts", []string{"D:\\data", "G:\\data"}, nil, `D:\data\ is not mounted any more`},
		{"it waits for a reboot", "broken_packages", []string{"KB1~1", "KB2~1", "KB2~1\t0x65", "KB2~1\t0x60"}, nil, ""},
		{"it waits for a reboot after one", "broken_packages", []string{"KB1~1", "KB2~1", "KB2~1\t0x65", "KB2~1\t0x60", boot, other}, nil, "KB2~1 is to be installed, and waits for a reboot"},
		{"it is half there", "broken_packages", []string{"KB1~1", "KB2~1"}, nil, "KB2~1 is installed in part"},
		{"an older build", "kernel", []string{"20348.2762\n", "20348.2700\n"}, []string{"KB5044281"}, "the newer 10.0.20348.2762 did before"},
		{"a newer build", "kernel", []string{"20348.2762\n", "20348.2966\n"}, []string{"KB5044281"}, ""},
		{"a newer build that was due", "kernel", []string{"20348.2762\n", "20348.2966\n"}, nil, ""},
		{"a route", "routes", []string{"10.0.0.0/24", "10.0.1.0/24"}, nil, "there is no route to 10.0.0.0/24 any more"},
		{"the host's own address, a switch", "routes", []string{"10.0.0.7/32", "10.0.0.9/32", "172.20.0.0/20", "172.28.0.0/20"}, nil, ""},
		{"the clock is free", "time", []string{"leap=0", "leap=3"}, nil, "no time server holds the clock any more"},
		{"an error that was not there", "event_errors", []string{"disk\tnonsense\t1\t1", "disk\t7\t3\t3"}, nil, "error disk 7 is in the event log, 3 times since the boot, and was not before"},
		{"a crash", "event_errors", []string{"Schannel\t36887\t90\t3", "Microsoft-Windows-WER-SystemErrorReporting\t1001\t1\t1"}, nil, "SystemErrorReporting 1001 is in the event log, once"},
		{"more of what is known, and noise", "event_errors", []string{"7023\t12\t1", "7023\t90\t40", "Kernel-Power\t41\t1\t0", "Kernel-Power\t41\t2\t1",
			"disk\tnonsense\t1\t1", "NETLOGON\t5719\t1\t1", "Schannel\t36887", "Schannel\t36888"}, nil, ""},
		{"an old one that nobody knew", "event_errors", []string{"disk\tnonsense\t1\t1", "disk\t7\t3\t0"}, nil, ""},
		{"its own clock", "time", []string{"0x0a000001", "0x4c4f434c"}, nil, "no time server holds the clock any more"},
	}
	before := parseFingerprint(windowsHost(t), policies.HealthParts())
	for _, tt := range tests {
		after := parseFingerprint(windowsHost(t, tt.edits...), policies.HealthParts())
		for _, res := range Difference(before.HealthData, after, policies.HealthParts(), tt.updated) {
			switch {
			case res.Name == tt.part && tt.says != "":
				if res.OK || !strings.Contains(res.Detail, tt.says) {
					t.Errorf("%s: %+v", tt.name, res)
				}
			case !res.OK && (res.Name == tt.part || tt.says == ""):
				t.Errorf("%s: %+v", tt.name, res)
			}
		}
	}
}

// TestWindowsUntold: what Windows does not tell is never taken for "nothing".
func TestWindowsUntold(t *testing.T) {
	for _, tt := range []struct{ frame, part string }{
		{"services", "services"}, {"services", "failed_units"}, {"services", "listeners"}, {"failed_units", "failed_units"}, {"listeners", "listeners"},
		{"mounts", "mounts"}, {"broken_packages", "broken_packages"}, {"kernels", "kernel"}, {"routes", "routes"}, {"time", "time"}, {"event_errors", "event_errors"},
	} {
		f := parseFingerprint(windowsHost(t, "END "+tt.frame+" rc=0", "END "+tt.frame+" rc=1"), []string{tt.part})
		if err := f.Err(); err == nil || !strings.HasPrefix(err.Error(), tt.part+": ") {
			t.Errorf("%s: %v", tt.frame, err)
		}
	}
	// a time service that only runs now and then says nothing
	f := parseFingerprint(windowsHost(t, "service=running\nstart=auto\nleap=0", "service=stopped\nstart=manual"), []string{"time"})
	if f.Time != "" || f.Err() != nil {
		t.Errorf("%+v", f)
	}
}

// TestWindowsScripts: both scripts exist for Windows, and the frames that the one
// prints are those that are read.
func TestWindowsScripts(t *testing.T) {
	b, err := os.ReadFile("health.ps1")
	if err != nil {
		t.Fatal(err)
	}
	for _, frame := range slices.Concat([]string{"basics", "range", "kernels"}, slices.DeleteFunc(policies.HealthParts(), func(p string) bool { return p == "kernel" })) {
		if !strings.Contains(string(b), "Write-HealthFrame '"+frame+"' {") {
			t.Errorf("health.ps1 prints no frame %s", frame)
		}
	}
	for _, s := range []string{healthScript().PowerShell, probeScript().PowerShell} {
		if !strings.HasSuffix(strings.TrimSpace(s), "Invoke-Health") && !strings.HasSuffix(strings.TrimSpace(s), "Invoke-Probe") {
			t.Error("a script does not end with what it does")
		}
	}
}

// TestWindowsPage: without a second stream the reason stands in the frame.
func TestWindowsPage(t *testing.T) {
	p := Prober{Session: &machine{replies: []string{"1 Unable to connect to the remote server"}}, Host: "a"}
	probe := policies.Probe{Kind: policies.ProbeHTTP, Name: "page", URL: text("http://localhost/"), On: policies.OnHost, Status: []int{200}}
	res, err := p.Run(t.Context(), probe)
	if err != nil || res.OK || !strings.Contains(res.Detail, "no answer: Unable to connect") {
		t.Errorf("%+v, %v", res, err)
	}
}
