package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"patchwave/inventory"
)

// storedUpdate is an update as it is stored: with the fields that the JSON of
// the commands leaves out or writes otherwise.
type storedUpdate struct {
	inventory.Update
	BlockedBy inventory.BlockedBy `json:"blocked_by"`
	Published time.Time           `json:"published"`
}

// SaveScan stores an observation and enters its updates into the first-seen
// ledger.
func (s *Store) SaveScan(ctx context.Context, o inventory.Observation) error {
	list := make([]storedUpdate, len(o.Updates))
	for i, u := range o.Updates {
		list[i] = storedUpdate{u, u.BlockedBy, u.Published}
	}
	facts, err := json.Marshal(o.Facts)
	if err != nil {
		return fmt.Errorf("encode the facts of %s: %w", o.Host, err)
	}
	ups, err := json.Marshal(list)
	if err != nil {
		return fmt.Errorf("encode the updates of %s: %w", o.Host, err)
	}
	notes, err := json.Marshal(o.Notes)
	if err != nil {
		return fmt.Errorf("encode the notes of %s: %w", o.Host, err)
	}
	var problem any
	if o.Problem != nil {
		b, err := json.Marshal(o.Problem)
		if err != nil {
			return fmt.Errorf("encode the problem of %s: %w", o.Host, err)
		}
		problem = string(b)
	}
	return s.submit(ctx, func(tx *sql.Tx) error {
		factsSHA, err := blob(tx, facts)
		if err != nil {
			return err
		}
		upsSHA, err := blob(tx, ups)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO scans (host, at, state, index_age, duration, problem, notes, facts, updates) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			o.Host, stamp(o.At), string(o.State), int64(o.IndexAge), int64(o.Duration), problem, string(notes), factsSHA, upsSHA); err != nil {
			return fmt.Errorf("store the scan of %s: %w", o.Host, err)
		}
		return see(tx, o)
	})
}

// blob stores data once.
func blob(tx *sql.Tx, data []byte) ([]byte, error) {
	sum := sha256.Sum256(data)
	_, err := tx.Exec(`INSERT INTO blobs (sha, data) VALUES (?, ?) ON CONFLICT DO NOTHING`, sum[:], string(data))
	if err != nil {
		return nil, fmt.Errorf("store a blob: %w", err)
	}
	return sum[:], nil
}

// origins are the repositories of an update in the ledger: all that offer it, ""
// if none is known.
func origins(u inventory.Update) []string {
	if len(u.Origins) == 0 {
		return []string{""}
	}
	return u.Origins
}

// see enters what a scan saw into the ledger. A listing that is not to be
// trusted starts no age: only a scan that is ok counts, or one that is stale, whose
// index is old and whole. The earliest scan counts, in whatever order they are
// stored: one by a clock that was ahead must not keep an update young.
func see(tx *sql.Tx, o inventory.Observation) error {
	if len(o.Updates) == 0 || (o.State != inventory.ScanOK && o.State != inventory.ScanStale) {
		return nil
	}
	stmt, err := tx.Prepare(`INSERT INTO first_seen (manager, origin, name, version, at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET at = excluded.at WHERE excluded.at < at`)
	if err != nil {
		return fmt.Errorf("enter into the ledger: %w", err)
	}
	for _, u := range o.Updates {
		for _, from := range origins(u) {
			if _, err = stmt.Exec(o.Facts.PackageManager, from, u.Name, u.To, stamp(o.At)); err != nil {
				return errors.Join(fmt.Errorf("enter %s into the ledger: %w", u.Name, err), stmt.Close())
			}
		}
	}
	return stmt.Close()
}

// Scans returns the latest observation of every host, by name; those of hosts
// that could not be asked too.
func (s *Store) Scans(ctx context.Context) (map[string]inventory.Observation, error) {
	return s.scans(ctx, `SELECT s.host, s.at, s.state, s.index_age, s.duration, s.problem, s.notes, f.data, u.data
		FROM scans s JOIN blobs f ON f.sha = s.facts JOIN blobs u ON u.sha = s.updates
		WHERE s.id IN (SELECT MAX(id) FROM scans GROUP BY host)`)
}

// Seen returns the latest observation with facts of every host, by name.
func (s *Store) Seen(ctx context.Context) (map[string]inventory.Observation, error) {
	return s.scans(ctx, `SELECT s.host, s.at, s.state, s.index_age, s.duration, s.problem, s.notes, f.data, u.data
		FROM scans s JOIN blobs f ON f.sha = s.facts JOIN blobs u ON u.sha = s.updates
		WHERE s.id IN (SELECT MAX(id) FROM scans WHERE state IN ('ok', 'stale') GROUP BY host)`)
}

func (s *Store) scans(ctx context.Context, query string) (out map[string]inventory.Observation, err error) {
	rows, err := s.read.QueryContext(ctx, query)
	if err != nil {
		return nil, explain(s.path, err)
	}
	defer func() { err = errors.Join(err, explain(s.path, rows.Close())) }()
	out = map[string]inventory.Observation{}
	for rows.Next() {
		o, err := scanRow(rows)
		if err != nil {
			return nil, explain(s.path, err)
		}
		out[o.Host] = o
	}
	return out, explain(s.path, rows.Err())
}

func scanRow(rows *sql.Rows) (inventory.Observation, error) {
	var o inventory.Observation
	var at, state, notes, facts, ups string
	var age, duration int64
	var problem sql.NullString
	if err := rows.Scan(&o.Host, &at, &state, &age, &duration, &problem, &notes, &facts, &ups); err != nil {
		return o, err
	}
	var err error
	if o.At, err = unstamp(at); err != nil {
		return o, err
	}
	o.State, o.IndexAge, o.Duration = inventory.ScanState(state), time.Duration(age), time.Duration(duration)
	if problem.Valid {
		o.Problem = &inventory.Problem{}
		err = json.Unmarshal([]byte(problem.String), o.Problem)
	}
	var list []storedUpdate
	err = errors.Join(err, json.Unmarshal([]byte(notes), &o.Notes), json.Unmarshal([]byte(facts), &o.Facts), json.Unmarshal([]byte(ups), &list))
	for _, u := range list {
		u.Update.BlockedBy, u.Update.Published = u.BlockedBy, u.Published
		o.Updates = append(o.Updates, u.Update)
	}
	return o, err
}

// Ledger is the first-seen ledger as it stood when it was read: by package
// manager, repository, package and version. For a manager whose updates have an
// id and a revision, those are the package and the version.
type Ledger map[[4]string]time.Time

// FirstSeen returns when any scan on this controller first saw a version in one
// of the repositories that offer it, or the zero time.
func (l Ledger) FirstSeen(manager string, u inventory.Update) time.Time {
	var first time.Time
	for _, from := range origins(u) {
		if at := l[[4]string{manager, from, u.Name, u.To}]; !at.IsZero() && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first
}

// Ledger reads the ledger.
func (s *Store) Ledger(ctx context.Context) (l Ledger, err error) {
	rows, err := s.read.QueryContext(ctx, `SELECT manager, origin, name, version, at FROM first_seen`)
	if err != nil {
		return nil, explain(s.path, err)
	}
	defer func() { err = errors.Join(err, explain(s.path, rows.Close())) }()
	l = Ledger{}
	for rows.Next() {
		var k [4]string
		var at string
		if err := rows.Scan(&k[0], &k[1], &k[2], &k[3], &at); err != nil {
			return nil, explain(s.path, err)
		}
		if l[k], err = unstamp(at); err != nil {
			return nil, fmt.Errorf("ledger: %w", err)
		}
	}
	return l, explain(s.path, rows.Err())
}
