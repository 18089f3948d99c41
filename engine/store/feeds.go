package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"patchwave/engine/feeds"
	"patchwave/inventory"
)

// Feed is one imported feed.
type Feed struct {
	Kind feeds.Kind
	// Scope is the ecosystem of OSV's feeds and Debian's tracker, else "".
	Scope string
	// File is the name it was imported under, without its directory.
	File   string
	SHA256 string
	// Size is that of the file in bytes.
	Size int64
	// Entries are the records of the file, Used those of them that say something.
	Entries, Used int
	// Dated is the feed's own date; DatedBy says where it was learned: "data",
	// "file" (when the file was last changed) or "import".
	Dated    time.Time
	DatedBy  string
	Imported time.Time
}

// Feeds returns the imported feeds, by kind and scope.
func (s *Store) Feeds(ctx context.Context) (out []Feed, err error) {
	rows, err := s.read.QueryContext(ctx, `SELECT kind, scope, file, sha256, size, entries, used, dated, dated_by, imported
		FROM feed_imports WHERE state = 'current' ORDER BY kind, scope`)
	if err != nil {
		return nil, explain(s.path, err)
	}
	defer func() { err = errors.Join(err, explain(s.path, rows.Close())) }()
	for rows.Next() {
		var f Feed
		var dated, imported string
		if err := rows.Scan(&f.Kind, &f.Scope, &f.File, &f.SHA256, &f.Size, &f.Entries, &f.Used, &dated, &f.DatedBy, &imported); err != nil {
			return nil, explain(s.path, err)
		}
		var err2 error
		f.Dated, err = unstamp(dated)
		f.Imported, err2 = unstamp(imported)
		if err = errors.Join(err, err2); err != nil {
			return nil, fmt.Errorf("feed %s %s: %w", f.Kind, f.Scope, err)
		}
		out = append(out, f)
	}
	return out, explain(s.path, rows.Err())
}

// FeedsHad implements feeds.Source.
func (s *Store) FeedsHad(ctx context.Context) (feeds.Have, error) {
	have := feeds.Have{Scopes: map[string]bool{}}
	list, err := s.Feeds(ctx)
	for _, f := range list {
		switch f.Kind {
		case feeds.KEV:
			have.KEV = true
		case feeds.EPSS:
			have.EPSS = true
		default:
			have.Scopes[f.Scope] = true
		}
	}
	return have, err
}

// FeedFixes implements feeds.Source.
func (s *Store) FeedFixes(ctx context.Context, packages []string) (out []feeds.Stored, err error) {
	names, err := json.Marshal(packages)
	if err != nil {
		return nil, fmt.Errorf("encode the names of packages: %w", err)
	}
	// CROSS JOIN keeps the order: few imports, then the index
	rows, err := s.read.QueryContext(ctx, `SELECT i.kind, f.scope, f.release, f.package, f.cve, f.introduced, f.fixed, f.after, f.severity, f.own
		FROM feed_imports i CROSS JOIN feed_fixes f ON f.import = i.id
		WHERE i.state = 'current' AND f.package IN (SELECT value FROM json_each(?))`, string(names))
	if err != nil {
		return nil, explain(s.path, err)
	}
	defer func() { err = errors.Join(err, explain(s.path, rows.Close())) }()
	for rows.Next() {
		var f feeds.Stored
		if err := rows.Scan(&f.Kind, &f.Scope, &f.Release, &f.Package, &f.CVE, &f.Introduced, &f.Fixed, &f.After, &f.Severity, &f.Own); err != nil {
			return nil, explain(s.path, err)
		}
		out = append(out, f)
	}
	return out, explain(s.path, rows.Err())
}

// FeedExploited implements feeds.Source.
func (s *Store) FeedExploited(ctx context.Context) (out map[string]bool, err error) {
	rows, err := s.read.QueryContext(ctx, `SELECT e.cve FROM feed_imports i CROSS JOIN feed_exploited e ON e.import = i.id WHERE i.state = 'current'`)
	if err != nil {
		return nil, explain(s.path, err)
	}
	defer func() { err = errors.Join(err, explain(s.path, rows.Close())) }()
	out = map[string]bool{}
	for rows.Next() {
		var cve string
		if err := rows.Scan(&cve); err != nil {
			return nil, explain(s.path, err)
		}
		out[cve] = true
	}
	return out, explain(s.path, rows.Err())
}

// FeedScores implements feeds.Source.
func (s *Store) FeedScores(ctx context.Context, cves []string) (out map[string]float64, err error) {
	names, err := json.Marshal(cves)
	if err != nil {
		return nil, fmt.Errorf("encode the names of CVEs: %w", err)
	}
	rows, err := s.read.QueryContext(ctx, `SELECT e.cve, e.score FROM feed_imports i CROSS JOIN feed_scores e ON e.import = i.id
		WHERE i.state = 'current' AND e.cve IN (SELECT value FROM json_each(?))`, string(names))
	if err != nil {
		return nil, explain(s.path, err)
	}
	defer func() { err = errors.Join(err, explain(s.path, rows.Close())) }()
	out = map[string]float64{}
	for rows.Next() {
		var cve string
		var score float64
		if err := rows.Scan(&cve, &score); err != nil {
			return nil, explain(s.path, err)
		}
		out[cve] = score
	}
	return out, explain(s.path, rows.Err())
}

// severity is one of the closed list, so that a row can be trusted.
func severity(s inventory.Severity) string {
	if s == "" {
		return string(inventory.UnknownSeverity)
	}
	return string(s)
}
