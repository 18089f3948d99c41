package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"patchwave/policies"
)

// Suspend records a suspension. It takes the place of one of the same policy that
// still stands, which stays on record as lifted.
func (s *Store) Suspend(ctx context.Context, n policies.Suspension) error {
	return s.submit(ctx, func(tx *sql.Tx) error {
		if _, err := lift(tx, n.Policy, n.Since, n.Actor); err != nil {
			return err
		}
		_, err := tx.Exec(`INSERT INTO suspensions (policy, since, until, reason, actor) VALUES (?, ?, ?, ?, ?)`,
			n.Policy, stamp(n.Since), stamp(n.Until), n.Reason, n.Actor)
		if err != nil {
			return fmt.Errorf("suspend policy %s: %w", n.Policy, err)
		}
		return nil
	})
}

// Unsuspend ends what stands of a policy at an instant; false if nothing did.
func (s *Store) Unsuspend(ctx context.Context, policy string, at time.Time, actor string) (bool, error) {
	var n int64
	err := s.submit(ctx, func(tx *sql.Tx) (err error) {
		n, err = lift(tx, policy, at, actor)
		return err
	})
	return n > 0, err
}

func lift(tx *sql.Tx, policy string, at time.Time, actor string) (int64, error) {
	r, err := tx.Exec(`UPDATE suspensions SET lifted = ?, lifted_by = ? WHERE policy = ? AND until > ? AND lifted IS NULL`,
		stamp(at), actor, policy, stamp(at))
	if err != nil {
		return 0, fmt.Errorf("end the suspension of policy %s: %w", policy, err)
	}
	return r.RowsAffected()
}

// Suspensions returns what stands at an instant or later, by policy.
func (s *Store) Suspensions(ctx context.Context, at time.Time) (out []policies.Suspension, err error) {
	rows, err := s.read.QueryContext(ctx, `SELECT policy, since, until, reason, actor FROM suspensions
		WHERE until > ? AND lifted IS NULL ORDER BY policy, id`, stamp(at))
	if err != nil {
		return nil, explain(s.path, err)
	}
	defer func() { err = errors.Join(err, explain(s.path, rows.Close())) }()
	for rows.Next() {
		var n policies.Suspension
		var since, until string
		if err := rows.Scan(&n.Policy, &since, &until, &n.Reason, &n.Actor); err != nil {
			return nil, explain(s.path, err)
		}
		var e1, e2 error
		n.Since, e1 = unstamp(since)
		n.Until, e2 = unstamp(until)
		if err := errors.Join(e1, e2); err != nil {
			return nil, fmt.Errorf("database %s: the suspension of policy %s: %w", s.path, n.Policy, err)
		}
		out = append(out, n)
	}
	return out, explain(s.path, rows.Err())
}
