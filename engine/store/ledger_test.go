package store

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"patchwave/inventory"
)

// seen stores a scan of a host that is offered one version.
func seen(t *testing.T, s *Store, host string, when time.Time, state inventory.ScanState, u inventory.Update) {
	t.Helper()
	o := inventory.Observation{Host: host, At: when, State: state, Facts: inventory.Facts{PackageManager: "apt"}, Updates: []inventory.Update{u}}
	if state != inventory.ScanOK {
		o.Problem = &inventory.Problem{Code: "exit", Message: "why"}
	}
	if err := s.SaveScan(t.Context(), o); err != nil {
		t.Fatal(err)
	}
}

func first(t *testing.T, s *Store, manager string, u inventory.Update) time.Time {
	t.Helper()
	l, err := s.Ledger(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return l.FirstSeen(manager, u)
}

func offer(name, to string, origins ...string) inventory.Update {
	return inventory.Update{Name: name, To: to, Origins: origins}
}

// TestLedgerIsOfTheController: the first scan of any host counts for all, for ever.
func TestLedgerIsOfTheController(t *testing.T) {
	s := openTest(t)
	u := offer("openssl", "3.0.18-1", "Debian-Security:12")
	seen(t, s, "web-1", at, inventory.ScanOK, u)
	for day := range 3 {
		for _, host := range []string{"web-1", "web-2", "new"} {
			seen(t, s, host, at.Add(time.Duration(day)*24*time.Hour), inventory.ScanOK, u)
		}
	}
	seen(t, s, "web-1", at.Add(96*time.Hour), inventory.ScanUnreachable, inventory.Update{})
	if got := first(t, s, "apt", u); !got.Equal(at) {
		t.Errorf("first seen %v", got)
	}
}

// TestLedgerKey: repository, package and version; each is an age of its own.
func TestLedgerKey(t *testing.T) {
	s := openTest(t)
	seen(t, s, "a", at, inventory.ScanOK, offer("openssl", "2", "main", "security"))
	for name, tt := range map[string]struct {
		manager string
		u       inventory.Update
		want    time.Time
	}{
		"itself":                       {"apt", offer("openssl", "2", "main", "security"), at},
		"in another order":             {"apt", offer("openssl", "2", "security", "main"), at},
		"from one of its repositories": {"apt", offer("openssl", "2", "security"), at},
		"and a new one besides":        {"apt", offer("openssl", "2", "mirror", "security"), at},
		"another repository":           {"apt", offer("openssl", "2", "mirror"), time.Time{}},
		"no repository":                {"apt", offer("openssl", "2"), time.Time{}},
		"another version":              {"apt", offer("openssl", "3", "main"), time.Time{}},
		"another package":              {"apt", offer("nginx", "2", "main"), time.Time{}},
		"another manager":              {"apk", offer("openssl", "2", "main"), time.Time{}},
	} {
		if got := first(t, s, tt.manager, tt.u); !got.Equal(tt.want) {
			t.Errorf("%s: %v", name, got)
		}
	}
	// an update with an id and a revision goes by them
	seen(t, s, "w", at, inventory.ScanOK, offer("8d5f0a1e-0000-4000-8000-000000000001", "200"))
	if got := first(t, s, "apt", offer("8d5f0a1e-0000-4000-8000-000000000001", "201")); !got.IsZero() {
		t.Errorf("another revision: %v", got)
	}
}

// TestLedgerAndScansThatFailed: a listing that is not trusted starts no age, a
// stale one is an old listing and does.
func TestLedgerAndScansThatFailed(t *testing.T) {
	for state, want := range map[inventory.ScanState]time.Time{inventory.ScanOK: at, inventory.ScanStale: at,
		inventory.ScanFailed: at.Add(time.Hour), inventory.ScanUnreachable: at.Add(time.Hour)} {
		s := openTest(t)
		u := offer("openssl", "2", "main")
		seen(t, s, "a", at, state, u)
		seen(t, s, "a", at.Add(time.Hour), inventory.ScanOK, u)
		if got := first(t, s, "apt", u); !got.Equal(want) {
			t.Errorf("%s: %v, not %v", state, got, want)
		}
	}
}

// TestLedgerKeepsTheEarliest, in whatever order scans come in: one by a clock that
// was ahead does not keep an update young for ever.
func TestLedgerKeepsTheEarliest(t *testing.T) {
	s := openTest(t)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		u := offer("p", time.Duration(n).String(), "main")
		var earliest time.Time
		for _, hours := range rapid.SliceOfN(rapid.IntRange(-100, 100), 1, 4).Draw(rt, "scans") {
			when := at.Add(time.Duration(hours) * time.Hour)
			seen(t, s, "a", when, inventory.ScanOK, u)
			if earliest.IsZero() || when.Before(earliest) {
				earliest = when
			}
			if got := first(t, s, "apt", u); !got.Equal(earliest) {
				rt.Errorf("%v, not %v", got, earliest)
			}
		}
	})
}
