package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"patchwave/engine/feeds"
)

// importChunk is how many rows of a feed share a transaction: others who write,
// in this process or another, wait for no more than that.
const importChunk = 20_000

// ErrOvertaken says that another import of the kind began.
var ErrOvertaken = errors.New("another import of this kind of feed began meanwhile: wait for it and run this one again")

// Import is a feed on its way in. Nothing of it is seen by anybody before Finish.
// It is for one goroutine; it implements feeds.Sink.
type Import struct {
	s *Store
	// ctx is here as a feeds.Sink has no argument for it; it lives as long
	ctx  context.Context
	kind feeds.Kind
	id   int64
	rows []func(*chunk) error
	// Stored counts the rows that are durable.
	Stored int
}

// BeginImport begins an import, and takes away what an earlier one left behind
// that was killed. The context is that of the whole import.
func (s *Store) BeginImport(ctx context.Context, kind feeds.Kind) (*Import, error) {
	im := &Import{s: s, ctx: ctx, kind: kind}
	err := s.submit(ctx, func(tx *sql.Tx) error {
		if _, err := tx.Exec(`UPDATE feed_imports SET state = 'dead' WHERE state = 'loading' AND kind = ?`, string(kind)); err != nil {
			return err
		}
		return tx.QueryRow(`INSERT INTO feed_imports (kind, scope, state, file, sha256, size, entries, used, dated_by, imported)
			VALUES (?, '', 'loading', '', '', 0, 0, 0, '', '') RETURNING id`, string(kind)).Scan(&im.id)
	})
	if err != nil {
		return nil, err
	}
	return im, s.clearFeeds(ctx)
}

// chunk is the statements of one transaction.
type chunk struct {
	tx    *sql.Tx
	id    int64
	stmts map[string]*sql.Stmt
}

func (c *chunk) exec(query string, args ...any) error {
	st := c.stmts[query]
	if st == nil {
		var err error
		if st, err = c.tx.Prepare(query); err != nil {
			return err
		}
		c.stmts[query] = st
	}
	_, err := st.Exec(args...)
	return err
}

// Fix implements feeds.Sink.
func (im *Import) Fix(f feeds.Fix) error {
	return im.add(func(c *chunk) error {
		return c.exec(`INSERT INTO feed_fixes (import, scope, release, package, cve, introduced, fixed, after, severity, own) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			c.id, f.Scope, f.Release, f.Package, f.CVE, f.Introduced, f.Fixed, f.After, severity(f.Severity), f.Own)
	})
}

// Exploited implements feeds.Sink.
func (im *Import) Exploited(e feeds.Exploited) error {
	return im.add(func(c *chunk) error {
		return c.exec(`INSERT INTO feed_exploited (import, cve, added, due) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`, c.id, e.CVE, dateOrNull(e.Added), dateOrNull(e.Due))
	})
}

// Score implements feeds.Sink.
func (im *Import) Score(v feeds.Score) error {
	return im.add(func(c *chunk) error {
		return c.exec(`INSERT INTO feed_scores (import, cve, score) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, c.id, v.CVE, v.Value)
	})
}

func dateOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.DateOnly)
}

func (im *Import) add(row func(*chunk) error) error {
	im.rows = append(im.rows, row)
	if len(im.rows) < importChunk {
		return nil
	}
	return im.flush()
}

// flush stores what is waiting, if nobody has overtaken the import.
func (im *Import) flush() error {
	if err := im.ctx.Err(); err != nil {
		return context.Cause(im.ctx)
	}
	err := im.s.submit(im.ctx, func(tx *sql.Tx) error {
		if err := im.mine(tx); err != nil {
			return err
		}
		c := &chunk{tx: tx, id: im.id, stmts: map[string]*sql.Stmt{}}
		var err error
		for _, row := range im.rows {
			if err = row(c); err != nil {
				break
			}
		}
		for _, st := range c.stmts {
			err = errors.Join(err, st.Close())
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("store the feed: %w", err)
	}
	im.Stored += len(im.rows)
	im.rows = im.rows[:0]
	return nil
}

func (im *Import) mine(tx *sql.Tx) error {
	var state string
	err := tx.QueryRow(`SELECT state FROM feed_imports WHERE id = ?`, im.id).Scan(&state)
	if errors.Is(err, sql.ErrNoRows) || err == nil && state != "loading" {
		return ErrOvertaken
	}
	return err
}

// Finish makes the import the current one of its kind and scope, in one
// transaction, and then takes the one before away. f.Kind is set by it. What
// belongs to another scope than f.Scope is dropped.
func (im *Import) Finish(f Feed) error {
	if err := im.flush(); err != nil {
		return err
	}
	if f.Scope != "" {
		if err := im.s.inChunks(im.ctx, `DELETE FROM feed_fixes WHERE rowid IN
			(SELECT rowid FROM feed_fixes WHERE import = ? AND scope <> ? LIMIT ?)`, im.id, f.Scope, importChunk); err != nil {
			return err
		}
	}
	err := im.s.submit(im.ctx, func(tx *sql.Tx) error {
		if err := im.mine(tx); err != nil {
			return err
		}
		if _, err := tx.Exec(`UPDATE feed_imports SET state = 'dead' WHERE state = 'current' AND kind = ? AND scope = ?`, string(im.kind), f.Scope); err != nil {
			return err
		}
		_, err := tx.Exec(`UPDATE feed_imports SET state = 'current', scope = ?, file = ?, sha256 = ?, size = ?, entries = ?, used = ?, dated = ?, dated_by = ?, imported = ?
			WHERE id = ?`, f.Scope, f.File, f.SHA256, f.Size, f.Entries, f.Used, stamp(f.Dated), f.DatedBy, stamp(f.Imported), im.id)
		return err
	})
	if err != nil {
		return fmt.Errorf("store the feed: %w", err)
	}
	return im.s.clearFeeds(im.ctx)
}

// Abort takes away what was stored so far. What is left if it cannot is seen by
// nobody, and taken away by the next import of the kind.
func (im *Import) Abort() error {
	ctx := context.WithoutCancel(im.ctx)
	err := im.s.submit(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`UPDATE feed_imports SET state = 'dead' WHERE state = 'loading' AND id = ?`, im.id)
		return err
	})
	if err != nil {
		return fmt.Errorf("take away what was stored of the feed: %w", err)
	}
	return im.s.clearFeeds(ctx)
}

// clearFeeds takes away what no import needs any more, piece by piece.
func (s *Store) clearFeeds(ctx context.Context) error {
	for _, query := range []string{
		`DELETE FROM feed_fixes WHERE rowid IN (SELECT f.rowid FROM feed_fixes f NOT INDEXED WHERE f.import IN (SELECT id FROM feed_imports WHERE state = 'dead') LIMIT ?)`,
		`DELETE FROM feed_exploited WHERE (import, cve) IN
			(SELECT e.import, e.cve FROM feed_imports i CROSS JOIN feed_exploited e ON e.import = i.id WHERE i.state = 'dead' LIMIT ?)`,
		`DELETE FROM feed_scores WHERE (import, cve) IN
			(SELECT e.import, e.cve FROM feed_imports i CROSS JOIN feed_scores e ON e.import = i.id WHERE i.state = 'dead' LIMIT ?)`,
	} {
		if err := s.inChunks(ctx, query, importChunk); err != nil {
			return err
		}
	}
	return s.submit(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`DELETE FROM feed_imports WHERE state = 'dead'
			AND NOT EXISTS (SELECT 1 FROM feed_fixes WHERE import = feed_imports.id)
			AND NOT EXISTS (SELECT 1 FROM feed_exploited WHERE import = feed_imports.id)
			AND NOT EXISTS (SELECT 1 FROM feed_scores WHERE import = feed_imports.id)`)
		return err
	})
}

// inChunks runs a statement, each time in a transaction of its own, until it
// changes nothing any more.
func (s *Store) inChunks(ctx context.Context, query string, args ...any) error {
	for {
		var n int64
		err := s.submit(ctx, func(tx *sql.Tx) error {
			r, err := tx.Exec(query, args...)
			if err != nil {
				return err
			}
			n, err = r.RowsAffected()
			return err
		})
		if err != nil || n == 0 {
			return err
		}
	}
}
