package feeds

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"patchwave/inventory"
	"patchwave/inventory/version"
	"patchwave/policies"
)

var (
	bookworm = inventory.OS{Family: "debian", Name: "debian", Version: "12"}
	noble    = inventory.OS{Family: "debian", Name: "ubuntu", Version: "24.04"}
	alma     = inventory.OS{Family: "redhat", Name: "almalinux", Version: "9.5"}
	alpine   = inventory.OS{Family: "alpine", Name: "alpine", Version: "3.20.1"}
)

// index is made of lines "KIND RELEASE PACKAGE CVE INTRODUCED FIXED SEVERITY", with a
// "+" before FIXED for the last that is affected and "!" behind a severity that is
// the distributor's own.
func index(lines ...string) *Index {
	x := &Index{Have: Have{Scopes: map[string]bool{"Debian": true, "Ubuntu": true, "AlmaLinux": true, "Alpine": true}},
		Fixes: map[string][]Stored{}, Exploited: map[string]bool{}, Scores: map[string]float64{}}
	for _, line := range lines {
		w := strings.Fields(line)
		fixed, after := strings.CutPrefix(w[5], "+")
		sev, own := strings.CutSuffix(w[6], "!")
		x.Fixes[w[2]] = append(x.Fixes[w[2]], Stored{Kind: Kind(w[0]), Fix: Fix{Release: w[1], Package: w[2], CVE: w[3],
			Introduced: strings.Trim(w[4], "-"), Fixed: fixed, After: after, Severity: inventory.Severity(sev), Own: own}})
	}
	return x
}

func (m Mended) String() string {
	return fmt.Sprint(strings.Join(m.CVEs, ","), " ", m.Severity, " ", m.Source)
}

func TestMends(t *testing.T) {
	x := index(
		"osv debian:12 openssl CVE-1 - 3.0.18-1 critical",
		"debian debian:12 openssl CVE-1 - 3.0.18-1 low!",
		"osv debian:12 openssl CVE-2 - 3.0.17-1 moderate",
		"osv debian:12 openssl CVE-3 - 3.0.19-1 critical",
		"osv debian:11 openssl CVE-4 - 3.0.18-1 critical",
		"osv debian:12 openssl CVE-5 3.0.18-0 3.0.18-1 critical",
		"osv debian:12 openssl CVE-6 - +3.0.17-9 moderate",
		"osv debian:12 openssl CVE-7 - bogus~~version! critical",
		"osv debian:12 linux CVE-8 - 6.1.106-1 important",
		"osv ubuntu:24.04 linux-aws CVE-9 - 6.8.0-1020.22 important!",
		"osv almalinux:9 openssl-libs CVE-10 - 1:3.2.2-6.el9 important!",
		"osv almalinux:9 bind CVE-11 - 9.16.23-24.el9 low",
		"osv alpine:3.20 busybox CVE-12 - 1.36.1-r7 unknown",
	)
	deb := func(name, src, from, to, srcVersion string) inventory.Update {
		return inventory.Update{Name: name, Source: src, SourceVersion: srcVersion, From: from, To: to}
	}
	for name, tt := range map[string]struct {
		os   inventory.OS
		u    inventory.Update
		want string
	}{
		"between, and the distributor's word before a score": {bookworm, deb("libssl3", "openssl", "3.0.17-2", "3.0.18-1", "3.0.18-1"), "CVE-1,CVE-6 moderate osv"},
		"one step is not the other":                          {bookworm, deb("libssl3", "openssl", "3.0.16-1", "3.0.17-2", "3.0.17-2"), "CVE-2 moderate osv"},
		"the last one affected is affected":                  {bookworm, deb("libssl3", "openssl", "3.0.17-9", "3.0.17-9a", "3.0.17-9a"), "CVE-6 moderate osv"},
		"where it was introduced it is":                      {bookworm, deb("libssl3", "openssl", "3.0.18-0", "3.0.18-1", "3.0.18-1"), "CVE-1,CVE-5 critical osv"},
		"mended before":                                      {bookworm, deb("libssl3", "openssl", "3.0.18-1", "3.0.18-2", "3.0.18-2"), " unknown "},
		"rebuilt":                                            {bookworm, deb("libssl3", "openssl", "3.0.17-2+b1", "3.0.18-1+b2", "3.0.18-1"), "CVE-1,CVE-6 moderate osv"},
		"another version than its source's":                  {bookworm, deb("libssl3", "openssl", "3:1", "3:2", "3.0.18-1"), " unknown "},
		"new on the host":                                    {bookworm, deb("libssl3", "openssl", "", "3.0.18-1", "3.0.18-1"), " unknown "},
		"another release":                                    {inventory.OS{Family: "debian", Name: "debian", Version: "11"}, deb("libssl3", "openssl", "3.0.17-2", "3.0.18-1", ""), "CVE-4 critical osv"},
		"a signed kernel":                                    {bookworm, deb("linux-image-amd64", "linux-signed-amd64", "6.1.99-1", "6.1.106-3", "6.1.106+3"), "CVE-8 important osv"},
		"a signed kernel of Ubuntu":                          {noble, deb("linux-image-6.8.0-aws", "linux-signed-aws", "6.8.0-1019.21", "6.8.0-1020.22", "6.8.0-1020.22"), "CVE-9 important osv"},
		"an rpm by its own name":                             {alma, deb("openssl-libs", "openssl", "1:3.0.7-28.el9", "1:3.2.2-6.el9", ""), "CVE-10 important osv"},
		"an rpm by its source, without the epoch":            {alma, deb("bind-libs", "bind", "32:9.16.23-18.el9", "32:9.16.23-24.el9", ""), "CVE-11 low osv"},
		"unrated":                {alpine, deb("busybox-binsh", "busybox", "1.36.1-r5", "1.36.1-r8", "1.36.1-r8"), "CVE-12 unknown "},
		"unknown to all":         {inventory.OS{Family: "arch", Name: "arch"}, deb("openssl", "openssl", "3.0.17-1", "3.0.18-1", ""), " unknown "},
		"no system":              {inventory.OS{}, deb("openssl", "openssl", "3.0.17-1", "3.0.18-1", ""), " unknown "},
		"a version that is none": {bookworm, deb("libssl3", "openssl", "?", "3.0.18-1", "3.0.18-1"), " unknown "},
	} {
		if got := x.Mends(tt.os, tt.u).String(); got != tt.want {
			t.Errorf("%s: %q, not %q", name, got, tt.want)
		}
	}
}

func TestSourcesByKind(t *testing.T) {
	x := index("debian debian:12 a CVE-1 - 2 important!", "osv debian:12 a CVE-2 - 2 important", "osv debian:12 b CVE-3 - 2 low", "debian debian:12 b CVE-4 - 2 moderate!")
	for name, want := range map[string]string{"a": "CVE-1,CVE-2 important debian-tracker", "b": "CVE-3,CVE-4 moderate debian-tracker"} {
		if got := x.Mends(bookworm, inventory.Update{Name: name, From: "1", To: "2"}).String(); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestEnrich(t *testing.T) {
	x := index()
	x.Have.KEV, x.Exploited["CVE-2"] = true, true
	x.Scores["CVE-1"], x.Scores["CVE-2"], x.Scores["CVE-3"] = 0.1, 0.9, 1
	none := &Index{}
	update := func(sev inventory.Severity, cves ...string) inventory.Update {
		return inventory.Update{Name: "a", From: "1", To: "2", Severity: sev, CVEs: cves}
	}
	mended := Mended{CVEs: []string{"CVE-1", "CVE-2"}, Severity: inventory.Critical, Source: "osv"}
	nothing := Mended{Severity: inventory.UnknownSeverity}
	score := func(f float64) *float64 { return &f }
	fedora := inventory.OS{Family: "redhat", Name: "fedora", Version: "43"}
	arriving := update("")
	arriving.From = ""
	for name, tt := range map[string]struct {
		x    *Index
		os   inventory.OS
		u    inventory.Update
		m    Mended
		want policies.Enriched
	}{
		"filled": {x, bookworm, update("unknown", "CVE-9"), mended, policies.Enriched{Update: inventory.Update{CVEs: []string{"CVE-1", "CVE-2", "CVE-9"},
			Severity: "critical", SeveritySource: "osv"}, KnownExploited: true, EPSS: score(0.9)}},
		"metadata stays": {x, bookworm, update("low", "CVE-1"), mended, policies.Enriched{Update: inventory.Update{CVEs: []string{"CVE-1", "CVE-2"},
			Severity: "low", SeveritySource: "metadata"}, KnownExploited: true, EPSS: score(0.9)}},
		"by the CVEs of metadata alone": {x, fedora, update("important", "CVE-1"), nothing, policies.Enriched{Update: inventory.Update{CVEs: []string{"CVE-1"},
			Severity: "important", SeveritySource: "metadata"}, EPSS: score(0.1)}},
		"unrated": {x, bookworm, update(""), Mended{CVEs: []string{"CVE-8"}, Severity: "unknown"}, policies.Enriched{Update: inventory.Update{CVEs: []string{"CVE-8"}, Severity: "unknown"},
			Unknown: policies.Unknown{Severity: "the imported feeds rate none of the CVEs it mends"}}},
		"mends nothing": {x, bookworm, update(""), nothing, policies.Enriched{Update: inventory.Update{Severity: "unknown"},
			Unknown: policies.Unknown{Severity: "the imported feeds know of nothing it mends"}}},
		"new": {x, bookworm, arriving, nothing, policies.Enriched{Update: inventory.Update{Severity: "unknown"},
			Unknown: policies.Unknown{Severity: "it installs a package that is new on the host"}}},
		"no feed of it": {x, fedora, update(""), nothing, policies.Enriched{Update: inventory.Update{Severity: "unknown"},
			Unknown: policies.Unknown{Severity: "no imported feed is about fedora 43", Exploited: "nothing says which CVEs it mends"}}},
		"no feed": {none, bookworm, update(""), nothing, policies.Enriched{Update: inventory.Update{Severity: "unknown"},
			Unknown: policies.Unknown{Severity: "no feed imported", Exploited: "no catalogue imported"}}},
	} {
		tt.want.Name, tt.want.To, tt.want.From = "a", "2", tt.u.From
		if diff := cmp.Diff(tt.want, tt.x.Enrich(tt.os, tt.u, tt.m)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestMendsIsBetween: whatever the feeds say, what is mended is newer than what is
// installed and not newer than what is on offer, and two steps mend what one
// over both does.
func TestMendsIsBetween(t *testing.T) {
	versions := []string{"1", "1.0-1", "1.0-1+deb12u1", "1.0~rc1-1", "1.1-1", "1.10-1", "1.9-1", "2:0.1-1", "2:0.2-1~bpo12+1"}
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.SampledFrom(versions)
		x := index()
		for i := range rapid.IntRange(0, 8).Draw(t, "fixes") {
			x.Fixes["a"] = append(x.Fixes["a"], Stored{Kind: OSV, Fix: Fix{Release: "debian:12", CVE: fmt.Sprint("CVE-", i), Fixed: v.Draw(t, "fixed"),
				After: rapid.Bool().Draw(t, "after"), Severity: rapid.SampledFrom(inventory.Severities()).Draw(t, "severity")}})
		}
		steps := []string{v.Draw(t, "a"), v.Draw(t, "b"), v.Draw(t, "c")}
		slices.SortFunc(steps, func(a, b string) int { n, _ := version.Compare(version.Deb, a, b); return n })
		mends := func(from, to string) []string {
			return x.Mends(bookworm, inventory.Update{Name: "a", From: from, To: to}).CVEs
		}
		if diff := cmp.Diff(mends(steps[0], steps[2]), union(mends(steps[0], steps[1]), mends(steps[1], steps[2]))); diff != "" && len(mends(steps[0], steps[2])) > 0 {
			t.Errorf("%v: %s", steps, diff)
		}
		if got := mends(steps[1], steps[1]); len(got) != 0 {
			t.Errorf("no step mends %v", got)
		}
		if got := mends(steps[2], steps[0]); len(got) != 0 {
			t.Errorf("a step back mends %v", got)
		}
	})
}

// TestEnrichNeverOverrules: the manager's severity, and none of its CVEs is lost.
func TestEnrichNeverOverrules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sev := rapid.SampledFrom(inventory.Severities())
		cves := rapid.SliceOfN(rapid.SampledFrom([]string{"CVE-1", "CVE-2", "CVE-3"}), 0, 3)
		u := inventory.Update{Name: "a", From: "1", To: "2", Severity: sev.Draw(t, "told"), CVEs: cves.Draw(t, "cves")}
		m := Mended{CVEs: cves.Draw(t, "mended"), Severity: sev.Draw(t, "found"), Source: "osv"}
		e := index().Enrich(bookworm, u, m)
		if u.Severity != inventory.UnknownSeverity && (e.Severity != u.Severity || e.SeveritySource != "metadata") {
			t.Errorf("%s became %s by %s", u.Severity, e.Severity, e.SeveritySource)
		}
		if known := e.Severity != inventory.UnknownSeverity; known != (e.SeveritySource != "") || known != (e.Unknown.Severity == "") {
			t.Errorf("%+v", e)
		}
		for _, c := range slices.Concat(u.CVEs, m.CVEs) {
			if !slices.Contains(e.CVEs, c) {
				t.Errorf("%s was lost", c)
			}
		}
	})
}
