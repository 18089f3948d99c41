package apt

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/engine/updates"
	"patchwave/engine/updates/parse"
	"patchwave/engine/updates/updatestest"
	"patchwave/inventory"
)

// describe writes an update as the rows of testdata/*.want do.
func describe(u inventory.Update) string {
	blocked := "-"
	if u.BlockedBy != "" {
		blocked = string(u.BlockedBy)
	}
	return fmt.Sprintf("%s %s %s -> %s | %s %s | %s %s | %d %v%s | %s", u.Name, u.Arch, u.From, u.To, blocked, u.Classification,
		u.Source, u.SourceVersion, u.Size, u.Reboot, u.RebootSource, strings.Join(u.Origins, "; "))
}

func TestRecordedListings(t *testing.T) {
	for _, name := range []string{"scan-apt2.6", "scan-apt3.0", "scan-phased-apt2.6", "scan-phased-apt3.0"} {
		t.Run(name, func(t *testing.T) {
			l := New().ParseScan(updatestest.Load(t, name))
			if l.State != inventory.ScanOK || l.Problem != nil {
				t.Errorf("state %s, problem %+v", l.State, l.Problem)
			}
			var got []string
			for _, u := range l.Updates {
				got = append(got, describe(u))
				if u.Severity != inventory.UnknownSeverity || u.CVEs == nil || u.Advisories == nil || u.KBs == nil {
					t.Errorf("%s: apt knows no severity, CVE or advisory: %+v", u.Name, u)
				}
			}
			want, err := os.ReadFile("testdata/" + name + ".want")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Split(strings.TrimSpace(string(want)), "\n"), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRecordedInstalled(t *testing.T) {
	l := New().ParseScan(updatestest.Load(t, "scan-apt2.6"))
	want := []updates.Installed{
		{Name: "brokenpost", Arch: "all", Version: "1.0-1", State: "ok"},
		{Name: "libma", Arch: "amd64", Version: "1:1.0-1", State: "ok"},
		{Name: "libma", Arch: "i386", Version: "1:1.0-1", State: "ok"},
	}
	if diff := cmp.Diff(want, l.Installed); diff != "" {
		t.Error(diff)
	}
	if l := New().ParseScan(updatestest.Load(t, "scan-phased-apt2.6")); l.Installed != nil {
		t.Errorf("not asked, yet answered: %v", l.Installed)
	}
}

func TestRecordedStates(t *testing.T) {
	tests := []struct {
		file    string
		state   inventory.ScanState
		code    string
		message string
		updates int
	}{
		{"refresh-dead-apt2.6", inventory.ScanStale, parse.Exit, "Could not connect to 127.0.0.1:9", 32},
		{"refresh-dead-apt3.0", inventory.ScanStale, parse.Exit, "Unable to connect to 127.0.0.1:9", 32},
		{"refresh-expired-apt2.6", inventory.ScanStale, parse.Exit, "the mirror is not kept up, or the clock of the host is ahead", 32},
		{"refresh-expired-apt3.0", inventory.ScanStale, parse.Exit, "the mirror is not kept up, or the clock of the host is ahead", 32},
		{"refresh-future-apt2.6", inventory.ScanStale, parse.Exit, "the clock of the host is behind", 32},
		{"refresh-label-apt2.6", inventory.ScanStale, parse.Exit, "run `apt-get update --allow-releaseinfo-change`", 32},
		{"refresh-label-apt3.0", inventory.ScanStale, parse.Exit, "changed its 'Label' value from 'Debian' to 'Deb2'", 32},
		{"refresh-locked-apt2.6", inventory.ScanStale, parse.Locked, "process 8 (perl) holds the lock of apt", 33},
		{"refresh-nobody-apt2.6", inventory.ScanStale, parse.Sudo, "let patchwave become root", 32},
		{"refresh-nobody-apt3.0", inventory.ScanStale, parse.Sudo, "let patchwave become root", 32},
		{"refresh-badline-apt2.6", inventory.ScanFailed, parse.Exit, "Malformed entry 1 in list file /etc/apt/sources.list.d/x.list", 0},
		{"scan-broken-apt2.6", inventory.ScanFailed, parse.Interrupted, "brokenpost half-configured; run `dpkg --configure -a`", 27},
		{"scan-journal-apt2.6", inventory.ScanFailed, parse.Interrupted, "dpkg was interrupted; run `dpkg --configure -a`", 33},
		{"scan-busy-apt2.6", inventory.ScanFailed, parse.Locked, "process 8 (perl)", 32},
		{"scan-unmet-apt2.6", inventory.ScanFailed, parse.Interrupted, "Unmet dependencies", 30},
		{"scan-unmet-apt3.0", inventory.ScanFailed, parse.Interrupted, "run `apt-get -f install`", 30},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			l := New().ParseScan(updatestest.Load(t, tt.file))
			if l.State != tt.state || l.Problem == nil || l.Problem.Code != tt.code || !strings.Contains(l.Problem.Message, tt.message) {
				t.Errorf("state %s, problem %+v", l.State, l.Problem)
			}
			if len(l.Updates) != tt.updates {
				t.Errorf("%d updates, want %d", len(l.Updates), tt.updates)
			}
		})
	}
}

func TestBrokenDependenciesBlockEverything(t *testing.T) {
	l := New().ParseScan(updatestest.Load(t, "scan-unmet-apt2.6"))
	for _, u := range l.Updates {
		want := inventory.BlockedBroken
		if u.Name == "heldpkg" {
			want = inventory.BlockedHeld
		}
		if u.BlockedBy != want {
			t.Errorf("%s is blocked by %q, want %q", u.Name, u.BlockedBy, want)
		}
		if len(u.Origins) == 0 || u.Size == 0 {
			t.Errorf("%s lost its origin or size: %+v", u.Name, u)
		}
	}
}

const (
	host    = "version=2.6.1\narch=amd64"
	nothing = "Calculating upgrade...\n0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n"
	one     = "The following packages will be upgraded:\n   %s (1.0 => 2.0)\n1 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n"
	files   = "1\t/var/lib/dpkg/status\ta=now\n2\thttp://m/debian bookworm/main amd64 Packages\tv=12,o=Debian,a=stable,n=bookworm,l=Debian,c=main,b=amd64\n"
)

func TestNothingIsNeverSilentlyNothing(t *testing.T) {
	tests := []struct {
		name   string
		frames []string
		state  inventory.ScanState
	}{
		{"nothing pending", []string{"apt.host", host, "apt.pending", nothing, "apt.files", files}, inventory.ScanOK},
		{"no frames", nil, inventory.ScanFailed},
		{"no index", []string{"apt.host", host, "apt.pending", nothing, "apt.files", "1\t/var/lib/dpkg/status\ta=now\n"}, inventory.ScanFailed},
		{"architecture not said", []string{"apt.host", "version=2.6.1", "apt.pending", nothing, "apt.files", files}, inventory.ScanFailed},
		{"index not said", []string{"apt.host", host, "apt.pending", nothing}, inventory.ScanFailed},
		{"cut short", []string{"apt.host", host, "apt.pending", "Calculating upgrade...\n", "apt.files", files}, inventory.ScanFailed},
		{"listed less than counted", []string{"apt.host", host, "apt.pending", "5 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n", "apt.files", files}, inventory.ScanFailed},
		{"another language", []string{"apt.host", host, "apt.pending", "0 aktualisiert, 0 neu installiert.\n", "apt.files", files}, inventory.ScanFailed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := New().ParseScan(updatestest.Frames(tt.frames...))
			if l.State != tt.state || (l.Problem == nil) != (tt.state == inventory.ScanOK) {
				t.Errorf("state %s, problem %+v", l.State, l.Problem)
			}
		})
	}
}

// TestPinnedDowngrade: a pin above 1000 makes an upgrade want an older version.
// That is no update, and takes nothing from the others.
func TestPinnedDowngrade(t *testing.T) {
	text := "The following packages have been kept back:\n   kept (1 => 2)\nThe following packages will be upgraded:\n   real (1.0 => 2.0)\n" +
		"The following packages will be DOWNGRADED:\n   pinned (2.0 => 1.5)\n" +
		"1 upgraded, 0 newly installed, 1 downgraded, 0 to remove and 1 not upgraded.\n"
	l := New().ParseScan(updatestest.Frames("apt.host", host, "apt.pending", text, "apt.files", files))
	var got []string
	for _, u := range l.Updates {
		got = append(got, u.Name+" "+string(u.BlockedBy))
	}
	if diff := cmp.Diff([]string{"kept kept-back", "real "}, got); l.State != inventory.ScanOK || diff != "" {
		t.Errorf("state %s, %+v: %s", l.State, l.Problem, diff)
	}
}

func TestOldAptRefreshesInSilence(t *testing.T) {
	// Before apt 2.1 --error-on does not exist: exit status 0, a warning, and the
	// old index. Captured from apt 2.6.2 without the option.
	text := "W: An error occurred during the signature verification. The repository is not updated and the previous index files will be used. " +
		"GPG error: file:/srv/repo/deb/main bookworm InRelease: The following signatures couldn't be verified because the public key is not available: NO_PUBKEY 233C62507B62A029\n" +
		"W: Failed to fetch file:/srv/repo/deb/main/dists/bookworm/InRelease  The following signatures couldn't be verified because the public key is not available: NO_PUBKEY 233C62507B62A029\n" +
		"W: Some index files failed to download. They have been ignored, or old ones used instead.\n"
	l := New().ParseScan(updatestest.Frames("apt.refresh", text, "apt.host", host, "apt.pending", nothing, "apt.files", files))
	if l.State != inventory.ScanStale || !strings.Contains(l.Problem.Message, "renew its key") {
		t.Errorf("state %s, problem %+v", l.State, l.Problem)
	}
}

func TestHostileWordsAreDropped(t *testing.T) {
	for _, pkg := range []string{"-y", "a;b", "$(id)", "é", "a/b", strings.Repeat("a", 300)} {
		l := New().ParseScan(updatestest.Frames("apt.host", host, "apt.pending", fmt.Sprintf(one, pkg), "apt.files", files))
		if len(l.Updates) != 0 || len(l.Notes) != 1 {
			t.Errorf("%q: %d updates, notes %q", pkg, len(l.Updates), l.Notes)
		}
	}
	l := New().ParseScan(updatestest.Frames("apt.host", host, "apt.pending", nothing, "apt.files", files,
		"apt.installed", "a\tamd64\t1\tok\n--x\tamd64\t1\tok\nb\tamd64\t1\t$(id)\n"))
	if len(l.Installed) != 1 || len(l.Notes) != 2 {
		t.Errorf("installed %v, notes %q", l.Installed, l.Notes)
	}
}

func TestOtherSectionsAreNotUpdates(t *testing.T) {
	text := "The following packages were automatically installed and are no longer required:\n   libold (1.0)\n" +
		"Get more security updates through Ubuntu Pro with 'esm-apps' enabled:\n  python3-x libfoo\n" +
		"The following NEW packages will be installed:\n   newdep (1.0 => 2.0)\n" +
		"The following packages will be upgraded:\n   real (1.0 => 2.0)\n" +
		"1 upgraded, 1 newly installed, 0 to remove and 0 not upgraded.\n"
	l := New().ParseScan(updatestest.Frames("apt.host", host, "apt.pending", text, "apt.files", files))
	if len(l.Updates) != 1 || l.Updates[0].Name != "real" || l.Updates[0].Arch != "amd64" {
		t.Errorf("updates %+v", l.Updates)
	}
}

func TestSecurity(t *testing.T) {
	tests := []struct {
		release string
		want    bool
		name    string
	}{
		{"v=12,o=Debian,a=oldstable-security,n=bookworm-security,l=Debian-Security,c=main,b=amd64", true, "Debian-Security:12/oldstable-security"},
		{"v=10,o=Debian,a=oldoldstable,n=buster,l=Debian-Security,c=updates/main,b=amd64", true, "Debian-Security:10/oldoldstable"},
		{"v=12.15,o=Debian,a=oldstable,n=bookworm,l=Debian,c=main,b=amd64", false, "Debian:12.15/oldstable"},
		{"v=24.04,o=Ubuntu,a=noble-security,n=noble,l=Ubuntu,c=main,b=amd64", true, "Ubuntu:24.04/noble-security"},
		{"v=24.04,o=Ubuntu,a=noble-updates,n=noble,l=Ubuntu,c=main,b=amd64", false, "Ubuntu:24.04/noble-updates"},
		{"v=22.04,o=UbuntuESM,a=jammy-infra-security,n=jammy,l=UbuntuESM,c=main,b=amd64", true, "UbuntuESM:22.04/jammy-infra-security"},
		{"v=22.04,o=UbuntuESMApps,a=jammy-apps-security,n=jammy,l=UbuntuESMApps,c=main", true, "UbuntuESMApps:22.04/jammy-apps-security"},
		{"o=Debian,n=bookworm-security,l=Debian-Security,c=main,b=amd64", true, "Debian-Security:bookworm-security"},
		{"o=Acme, Inc,a=stable,l=Acme, Inc: security tools,c=main,b=amd64", false, "Acme, Inc: security tools:stable"},
		{"o=Acme,a=insecurity,l=Acme,c=main", false, "Acme:insecurity"},
		{"c=main,b=amd64", false, "http://m/debian"},
	}
	for _, tt := range tests {
		parsed := parseFiles(updatestest.Frames("apt.files", "7\thttp://m/debian x/main amd64 Packages\t"+tt.release))
		r := parsed["7"]
		if r.security() != tt.want || r.name() != tt.name {
			t.Errorf("%s: security %v, name %q", tt.release, r.security(), r.name())
		}
	}
}
