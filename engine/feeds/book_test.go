package feeds

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/inventory"
)

// shelf is a source that writes down what it is asked.
type shelf struct {
	x     *Index
	asked []string
	fail  error
}

func (s *shelf) ask(format string, args ...any) error {
	s.asked = append(s.asked, fmt.Sprintf(format, args...))
	return s.fail
}

func (s *shelf) FeedsHad(context.Context) (Have, error) { return s.x.Have, s.ask("had") }

func (s *shelf) FeedFixes(_ context.Context, packages []string) ([]Stored, error) {
	slices.Sort(packages)
	var out []Stored
	for _, p := range packages {
		out = append(out, s.x.Fixes[p]...)
	}
	return out, s.ask("fixes %v", packages)
}

func (s *shelf) FeedExploited(context.Context) (map[string]bool, error) {
	return s.x.Exploited, s.ask("exploited")
}

func (s *shelf) FeedScores(_ context.Context, cves []string) (map[string]float64, error) {
	slices.Sort(cves)
	out := map[string]float64{}
	for _, c := range cves {
		if v, ok := s.x.Scores[c]; ok {
			out[c] = v
		}
	}
	return out, s.ask("scores %v", cves)
}

func aShelf() *shelf {
	s := &shelf{x: index("osv debian:12 a CVE-1 - 2 critical", "osv debian:12 b CVE-2 - 2 low")}
	s.x.Have.KEV, s.x.Have.EPSS = true, true
	s.x.Exploited["CVE-2"], s.x.Scores["CVE-1"], s.x.Scores["CVE-3"] = true, 0.25, 0.75
	return s
}

func pending(names ...string) inventory.Observation {
	o := inventory.Observation{Facts: inventory.Facts{OS: bookworm}}
	for _, n := range names {
		o.Updates = append(o.Updates, inventory.Update{Name: n, From: "1", To: "2"})
	}
	return o
}

// TestBookReadsOnce: what a fleet shares is read for the first host alone.
func TestBookReadsOnce(t *testing.T) {
	s := aShelf()
	b := NewBook(s)
	for range 2 {
		got, err := b.Enrich(t.Context(), pending("a", "b", "c"))
		if err != nil || len(got) != 3 {
			t.Fatal(got, err)
		}
		if got[0].Severity != "critical" || *got[0].EPSS != 0.25 || !got[1].KnownExploited || got[1].EPSS != nil || got[2].Unknown.Severity == "" {
			t.Errorf("%+v", got)
		}
	}
	told := pending("a")
	told.Updates[0].CVEs = []string{"CVE-3"}
	got, err := b.Enrich(t.Context(), told)
	if err != nil || *got[0].EPSS != 0.75 {
		t.Errorf("%+v %v", got, err)
	}
	want := []string{"had", "exploited", "fixes [a b c]", "scores [CVE-1 CVE-2]", "scores [CVE-3]"}
	if diff := cmp.Diff(want, s.asked); diff != "" {
		t.Error(diff)
	}
}

// TestBookWithoutFeeds asks for nothing that is not there.
func TestBookWithoutFeeds(t *testing.T) {
	s := &shelf{x: &Index{}}
	got, err := NewBook(s).Enrich(t.Context(), pending("a"))
	if err != nil || got[0].Unknown.Severity != "no feed imported" {
		t.Errorf("%+v %v", got, err)
	}
	if diff := cmp.Diff([]string{"had"}, s.asked); diff != "" {
		t.Error(diff)
	}
}

func TestBookFails(t *testing.T) {
	s := aShelf()
	s.fail = errors.New("the disk is gone")
	b := NewBook(s)
	if _, err := b.Enrich(t.Context(), pending("a")); !errors.Is(err, s.fail) {
		t.Error(err)
	}
	s.fail = nil
	if got, err := b.Enrich(t.Context(), pending("a")); err != nil || got[0].Severity != "critical" {
		t.Errorf("after a failure: %+v %v", got, err)
	}
}

// TestBookIsShared by the hosts of a plan, which are looked at at once.
func TestBookIsShared(t *testing.T) {
	b := NewBook(aShelf())
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			got, err := b.Enrich(t.Context(), pending("a", fmt.Sprint("p", i)))
			if err != nil || got[0].Severity != "critical" {
				t.Errorf("%+v %v", got, err)
			}
		})
	}
	wg.Wait()
}

// BenchmarkBook is a fleet of hosts with 30 pending updates each, of packages
// with 200 flaws each; one operation is one host.
func BenchmarkBook(b *testing.B) {
	s := aShelf()
	var names []string
	for p := range 30 {
		name := fmt.Sprint("p", p)
		names = append(names, name)
		for i := range 200 {
			s.x.Fixes[name] = append(s.x.Fixes[name], Stored{Kind: OSV, Fix: Fix{Release: "debian:12", Package: name, CVE: fmt.Sprint("CVE-", i), Fixed: fmt.Sprintf("1.%d-1", i)}})
		}
	}
	book := NewBook(s)
	o := pending(names...)
	for b.Loop() {
		if _, err := book.Enrich(b.Context(), o); err != nil {
			b.Fatal(err)
		}
	}
}
