package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"patchwave/inventory"
)

// Staging is the downloads ahead of one opening, for one policy.
type Staging struct {
	Policy string
	Opens  time.Time
	// Zone is the hosts' zone where the window is host-local, else "".
	Zone string
	// ID begins the ids of its jobs.
	ID    string
	Began time.Time
	// Finished is zero as long as there is something to do.
	Finished time.Time
	// Reason says why nothing was downloaded at all, else "".
	Reason string
	// Hosts are the results so far, by name.
	Hosts []StagedHost
}

// StagedHost is what came of the download on one host.
type StagedHost struct {
	Host string
	// Staged of Total versions are there.
	Staged, Total int
	// Problem is nil where all are.
	Problem *inventory.Problem
	At      time.Time
}

// Stage records that downloads begin; false if they have begun already.
func (s *Store) Stage(ctx context.Context, g Staging) (isNew bool, err error) {
	err = s.submit(ctx, func(tx *sql.Tx) error {
		r, err := tx.Exec(`INSERT INTO stagings (policy, opens, zone, id, began, finished, reason) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			g.Policy, stamp(g.Opens), g.Zone, g.ID, stamp(g.Began), stampOrNull(g.Finished), g.Reason)
		if err != nil {
			return fmt.Errorf("record the downloads of policy %s: %w", g.Policy, err)
		}
		n, err := r.RowsAffected()
		isNew = n == 1
		return err
	})
	return isNew, err
}

// StagedOn records what came of one host. The first word stands.
func (s *Store) StagedOn(ctx context.Context, id string, h StagedHost) error {
	return s.submit(ctx, func(tx *sql.Tx) error {
		var p inventory.Problem
		if h.Problem != nil {
			p = *h.Problem
		}
		_, err := tx.Exec(`INSERT INTO staged (id, host, staged, total, code, message, at) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			id, h.Host, h.Staged, h.Total, p.Code, p.Message, stamp(h.At))
		if err != nil {
			return fmt.Errorf("record the download on %s: %w", h.Host, err)
		}
		return nil
	})
}

// EndStaging records that nothing more is downloaded.
func (s *Store) EndStaging(ctx context.Context, g Staging) error {
	return s.submit(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`UPDATE stagings SET finished = ?, reason = ? WHERE id = ?`, stampOrNull(g.Finished), g.Reason, g.ID)
		if err != nil {
			return fmt.Errorf("record the end of the downloads of policy %s: %w", g.Policy, err)
		}
		return nil
	})
}

// Stagings returns the downloads for openings at an instant or later, and those that
// have not finished, without hosts, by opening and policy.
func (s *Store) Stagings(ctx context.Context, from time.Time) (out []Staging, err error) {
	rows, err := s.read.QueryContext(ctx, `SELECT policy, opens, zone, id, began, finished, reason FROM stagings
		WHERE opens >= ? OR finished IS NULL ORDER BY opens, policy, zone`, stamp(from))
	if err != nil {
		return nil, explain(s.path, err)
	}
	defer func() { err = errors.Join(err, explain(s.path, rows.Close())) }()
	for rows.Next() {
		var g Staging
		var opens, began string
		var finished sql.NullString
		if err := rows.Scan(&g.Policy, &opens, &g.Zone, &g.ID, &began, &finished, &g.Reason); err != nil {
			return nil, explain(s.path, err)
		}
		if err := errors.Join(unstampInto(&g.Opens, opens), unstampInto(&g.Began, began), unstampInto(&g.Finished, finished.String)); err != nil {
			return nil, fmt.Errorf("database %s: the downloads of policy %s: %w", s.path, g.Policy, err)
		}
		out = append(out, g)
	}
	return out, explain(s.path, rows.Err())
}

// StagedHosts returns what came of the hosts of a staging so far, by name.
func (s *Store) StagedHosts(ctx context.Context, id string) (out []StagedHost, err error) {
	rows, err := s.read.QueryContext(ctx, `SELECT host, staged, total, code, message, at FROM staged WHERE id = ? ORDER BY host`, id)
	if err != nil {
		return nil, explain(s.path, err)
	}
	defer func() { err = errors.Join(err, explain(s.path, rows.Close())) }()
	for rows.Next() {
		var h StagedHost
		var p inventory.Problem
		var at string
		if err := rows.Scan(&h.Host, &h.Staged, &h.Total, &p.Code, &p.Message, &at); err != nil {
			return nil, explain(s.path, err)
		}
		if err := unstampInto(&h.At, at); err != nil {
			return nil, fmt.Errorf("database %s: the download on %s: %w", s.path, h.Host, err)
		}
		if p.Code != "" {
			h.Problem = &p
		}
		out = append(out, h)
	}
	return out, explain(s.path, rows.Err())
}
