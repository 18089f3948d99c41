package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"patchwave/engine/coord"
)

var _ coord.Absences = (*Store)(nil)

// Leave implements coord.Absences: looking and recording are one transaction.
func (s *Store) Leave(ctx context.Context, a coord.Absence, fits func(others []coord.Absence) bool) (bool, error) {
	gone := false
	err := s.submit(ctx, func(tx *sql.Tx) error {
		others, err := absences(tx, a.Host)
		if err != nil {
			return fmt.Errorf("read which hosts are away: %w", err)
		}
		if gone = fits(others); !gone {
			return nil
		}
		_, err = tx.Exec(`INSERT INTO absences (host, run, since) VALUES (?, ?, ?)
			ON CONFLICT (host) DO UPDATE SET run = excluded.run, since = excluded.since`, a.Host, a.Run, stamp(a.Since))
		if err != nil {
			return fmt.Errorf("record that %s is away: %w", a.Host, err)
		}
		return nil
	})
	return gone && err == nil, err
}

// Return implements coord.Absences.
func (s *Store) Return(ctx context.Context, run string, hosts ...string) error {
	if len(hosts) == 0 {
		return nil
	}
	return s.submit(ctx, func(tx *sql.Tx) error {
		for _, h := range hosts {
			if _, err := tx.Exec(`DELETE FROM absences WHERE host = ? AND run = ?`, h, run); err != nil {
				return fmt.Errorf("record that %s is back: %w", h, err)
			}
		}
		return nil
	})
}

// absences are those of all hosts but one.
func absences(tx *sql.Tx, but string) (out []coord.Absence, err error) {
	rows, err := tx.Query(`SELECT host, run, since FROM absences WHERE host <> ? ORDER BY host`, but)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var a coord.Absence
		var since string
		if err := rows.Scan(&a.Host, &a.Run, &since); err != nil {
			return nil, err
		}
		if a.Since, err = unstamp(since); err != nil {
			return nil, fmt.Errorf("host %s: %w", a.Host, err)
		}
		out = append(out, a)
	}
	return out, rows.Err()
}
