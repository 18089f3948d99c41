package feeds

import (
	"context"
	"maps"
	"sync"

	"patchwave/inventory"
	"patchwave/policies"
)

// Source is where imported feeds are kept.
type Source interface {
	// FeedsHad says which feeds there are.
	FeedsHad(ctx context.Context) (Have, error)
	// FeedFixes returns all fixes of these packages.
	FeedFixes(ctx context.Context, packages []string) ([]Stored, error)
	// FeedExploited returns the whole catalogue.
	FeedExploited(ctx context.Context) (map[string]bool, error)
	// FeedScores returns the scores of those of the CVEs that have one.
	FeedScores(ctx context.Context, cves []string) (map[string]float64, error)
}

// Book looks up what feeds say about updates, and reads from the source only
// what the updates it was asked about need, once. It shows the feeds as they were
// when it was asked first, so it is made anew for each plan. It is safe for
// concurrent use.
type Book struct {
	mu     sync.Mutex
	source Source
	index  *Index
	// asked are the packages and CVEs that were read.
	packages map[string]bool
	cves     map[string]bool
	memo     map[question]Mended
}

// question is all that Index.Mends looks at.
type question struct {
	os                                    inventory.OS
	name, source, sourceVersion, from, to string
}

// maxMemo bounds how many answers are kept; a fleet has few different ones.
const maxMemo = 200_000

// NewBook makes a book of what is in a source.
func NewBook(s Source) *Book {
	return &Book{source: s, packages: map[string]bool{}, cves: map[string]bool{}, memo: map[question]Mended{}}
}

// Enrich returns the updates of an observation with what the feeds say, in their
// order. An error is of the source.
func (b *Book) Enrich(ctx context.Context, o inventory.Observation) ([]policies.Enriched, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.open(ctx); err != nil {
		return nil, err
	}
	if err := b.readFixes(ctx, o); err != nil {
		return nil, err
	}
	mended := make([]Mended, len(o.Updates))
	var missing []string
	for i, u := range o.Updates {
		mended[i] = b.mends(o.Facts.OS, u)
		for _, list := range [][]string{u.CVEs, mended[i].CVEs} {
			for _, cve := range list {
				if !b.cves[cve] {
					b.cves[cve] = true
					missing = append(missing, cve)
				}
			}
		}
	}
	if b.index.Have.EPSS && len(missing) > 0 {
		scores, err := b.source.FeedScores(ctx, missing)
		if err != nil {
			return nil, err
		}
		maps.Copy(b.index.Scores, scores)
	}
	out := make([]policies.Enriched, len(o.Updates))
	for i, u := range o.Updates {
		out[i] = b.index.Enrich(o.Facts.OS, u, mended[i])
	}
	return out, nil
}

// open reads what every host needs.
func (b *Book) open(ctx context.Context) error {
	if b.index != nil {
		return nil
	}
	have, err := b.source.FeedsHad(ctx)
	if err != nil {
		return err
	}
	x := &Index{Have: have, Fixes: map[string][]Stored{}, Scores: map[string]float64{}}
	if have.KEV {
		if x.Exploited, err = b.source.FeedExploited(ctx); err != nil {
			return err
		}
	}
	b.index = x
	return nil
}

func (b *Book) readFixes(ctx context.Context, o inventory.Observation) error {
	if len(b.index.Have.Scopes) == 0 {
		return nil
	}
	var missing []string
	for _, u := range o.Updates {
		for _, name := range Packages(o.Facts.OS, u) {
			if !b.packages[name] {
				b.packages[name] = true
				missing = append(missing, name)
			}
		}
	}
	if len(missing) == 0 {
		return nil
	}
	list, err := b.source.FeedFixes(ctx, missing)
	if err != nil {
		for _, name := range missing {
			delete(b.packages, name)
		}
		return err
	}
	for _, s := range list {
		b.index.Fixes[s.Package] = append(b.index.Fixes[s.Package], s)
	}
	return nil
}

func (b *Book) mends(os inventory.OS, u inventory.Update) Mended {
	q := question{os, u.Name, u.Source, u.SourceVersion, u.From, u.To}
	m, ok := b.memo[q]
	if !ok {
		if len(b.memo) >= maxMemo {
			clear(b.memo)
		}
		m = b.index.Mends(os, u)
		b.memo[q] = m
	}
	return m
}
