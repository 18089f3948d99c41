package report

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/inventory"
)

// observations are one of every kind, out of order.
func observations() []inventory.Observation {
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	full := inventory.Update{Name: "openssl", Arch: "amd64", From: "3.0.14-1", To: "3.0.15-1", Source: "openssl", SourceVersion: "3.0.15-1",
		Origins: []string{"Debian-Security:12/oldstable-security"}, Classification: inventory.Security, Severity: inventory.Critical,
		Advisories: []string{"DSA-1-1"}, CVEs: []string{"CVE-2026-1", "CVE-2026-2"}, Size: 1 << 20, Reboot: true, RebootSource: "published-list",
		Published: time.Date(2026, 11, 3, 1, 30, 0, 0, time.FixedZone("", 3600))}
	bare := inventory.Update{Name: "heldpkg", Arch: "all", From: "1.0-1", To: "1:2.0-1", Classification: inventory.OtherClass,
		Severity: inventory.UnknownSeverity, BlockedBy: inventory.BlockedHeld}
	return []inventory.Observation{
		{Host: "web-02", At: at, State: inventory.ScanUnreachable, IndexAge: -1, Duration: 10 * time.Second,
			Problem: &inventory.Problem{Code: "unreachable", Message: "no route to host"}},
		{Host: "web-01", At: at, State: inventory.ScanOK, IndexAge: 42*time.Minute + 300*time.Millisecond, Duration: 1234567 * time.Microsecond,
			Facts: inventory.Facts{OS: inventory.OS{Family: "debian", Name: "debian", Version: "12"}, Kernel: "6.1.0-40-amd64", Arch: "x86_64",
				BootID: "43c41133-1ab4-48da-b12f-6c4fe6db830c", PackageManager: "apt", RebootRequired: true, RebootReasons: []string{"a new kernel"},
				Virtual: "kvm", Systemd: true, DiskFree: map[string]int64{"/": 1 << 30}, ClockSkew: time.Second, Uptime: time.Hour},
			Updates: []inventory.Update{full, bare}, Notes: []string{"x is half-installed"}},
		{Host: "db-01", At: at, State: inventory.ScanStale, IndexAge: 0, Facts: inventory.Facts{OS: inventory.OS{Name: "arch"}},
			Problem: &inventory.Problem{Code: "exit", Message: "a repository is dead"}},
		{Host: "db-02", At: at, State: inventory.ScanFailed, IndexAge: -1, Problem: &inventory.Problem{Code: "locked", Message: "dpkg is locked"}},
	}
}

func TestScanDocument(t *testing.T) {
	doc := NewScan(observations())
	golden(t, "scan.json", doc)
	want := ScanTotals{Hosts: 4, OK: 1, Stale: 1, Unreachable: 1, Failed: 1, Updates: 2, Security: 1, Blocked: 1, Reboot: 1}
	if diff := cmp.Diff(want, doc.Totals); diff != "" {
		t.Error(diff)
	}
}

// TestContractOfScan: the members that the scan command promises.
func TestContractOfScan(t *testing.T) {
	doc := NewScan(observations()[1:2])
	failed := NewScan(observations()[:1])
	has(t, doc, nil, "schema", "hosts", "totals")
	has(t, doc, []string{"hosts"}, "name", "state", "index_age_s", "error", "facts", "updates", "duration_ms")
	has(t, failed, []string{"hosts", "error"}, "code", "message")
	has(t, doc, []string{"hosts", "facts"}, "os", "kernel", "boot_id", "package_manager", "reboot_required")
	has(t, doc, []string{"hosts", "facts", "os"}, "family", "name", "version")
	has(t, doc, []string{"hosts", "updates"}, "name", "arch", "from", "to", "source", "classification", "severity",
		"advisories", "cves", "kbs", "size", "reboot", "blocked_by", "published")
	if doc.Schema != "patchwave/scan/v1" {
		t.Errorf("schema %s", doc.Schema)
	}
}

// TestNullsAndLists: null where a thing is not known, [] where there is none.
func TestNullsAndLists(t *testing.T) {
	for name, tt := range map[string]struct {
		doc  any
		want string
	}{
		"an unreachable host": {NewScanHost(observations()[0]),
			`{"name":"web-02","state":"unreachable","index_age_s":null,"error":{"code":"unreachable","message":"no route to host"},"facts":null,"updates":[],"notes":[],"duration_ms":10000}`},
		"a bare update": {NewUpdate(inventory.Update{}),
			`{"name":"","arch":"","from":"","to":"","source":"","origins":[],"classification":"","severity":"","advisories":[],"cves":[],"kbs":[],"size":0,"reboot":false,"blocked_by":null,"published":null}`},
		"an empty scan": {NewScan(nil),
			`{"schema":"patchwave/scan/v1","hosts":[],"totals":{"hosts":0,"ok":0,"stale":0,"unreachable":0,"failed":0,"updates":0,"security":0,"blocked":0,"reboot_required":0}}`},
	} {
		b, err := json.Marshal(tt.doc)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, string(b)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestBlockedBy has all the words of the contract.
func TestBlockedBy(t *testing.T) {
	for by, want := range map[inventory.BlockedBy]string{
		inventory.NotBlocked: "null", inventory.BlockedHeld: `"held"`, inventory.BlockedKeptBack: `"kept-back"`,
		inventory.BlockedPhased: `"phased"`, inventory.BlockedLocked: `"locked"`, inventory.BlockedBroken: `"broken"`,
	} {
		b, err := json.Marshal(NewUpdate(inventory.Update{BlockedBy: by}).BlockedBy)
		if err != nil || string(b) != want {
			t.Errorf("%q: %s, %v", by, b, err)
		}
	}
}

// TestPublishedIsUTC whatever zone the source wrote.
func TestPublishedIsUTC(t *testing.T) {
	d := NewUpdate(observations()[1].Updates[0])
	if got := d.Published.Format(time.RFC3339); got != "2026-11-03T00:30:00Z" {
		t.Errorf("published %s", got)
	}
}

// TestIndexAge: zero seconds are an age.
func TestIndexAge(t *testing.T) {
	for age, want := range map[time.Duration]int64{0: 0, time.Hour: 3600, 1999 * time.Millisecond: 1, -1: -1} {
		h := NewScanHost(inventory.Observation{IndexAge: age})
		if (h.IndexAge == nil) != (want < 0) || (h.IndexAge != nil && *h.IndexAge != want) {
			t.Errorf("%s: %v", age, h.IndexAge)
		}
	}
}

// TestDocumentsDoNotChangeObservations: the lists that become [] are the
// document's own.
func TestDocumentsDoNotChangeObservations(t *testing.T) {
	obs := observations()
	NewScan(obs)
	if diff := cmp.Diff(observations(), obs); diff != "" {
		t.Error(diff)
	}
}
