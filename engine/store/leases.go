package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"patchwave/engine/coord"
)

// Leases are the leases that stand in a database. They implement coord.Leases for
// all processes that have it open.
type Leases struct {
	s     *Store
	rules coord.Rules
}

// SetRules says when a lease is abandoned. It is for whoever opens the database,
// before its first use; without it a lease ends after coord.TTL only.
func (s *Store) SetRules(rules coord.Rules) { s.rules = rules }

// Leases returns the leases of the database.
func (s *Store) Leases() *Leases { return &Leases{s: s, rules: s.rules} }

const leaseColumns = `kind, name, fence, actor, run, host, pid, boot_id, proc_start, machine_id, pid_space, acquired, renewed, uptime`

// Acquire implements coord.Leases.
func (l *Leases) Acquire(ctx context.Context, owner coord.Owner, now time.Time, keys ...coord.Key) (out []coord.Lease, err error) {
	err = l.s.submit(ctx, func(tx *sql.Tx) error {
		out = make([]coord.Lease, 0, len(keys))
		if err := l.sweep(tx, now); err != nil {
			return err
		}
		for _, key := range keys {
			lease, err := l.take(tx, owner, now, key)
			if err != nil {
				return err
			}
			out = append(out, lease)
		}
		return nil
	})
	if err != nil {
		if held, ok := errors.AsType[*coord.HeldError](err); ok {
			return nil, held // nothing is wrong with the database
		}
		return nil, err
	}
	return out, nil
}

// sweep takes away what nobody will ever take over: abandoned leases that a run has
// left which is over, or was never begun.
func (l *Leases) sweep(tx *sql.Tx, now time.Time) (err error) {
	rows, err := tx.Query(`SELECT ` + leaseColumns + ` FROM leases WHERE kind = 'run' AND name NOT IN
		(SELECT id FROM runs WHERE state IN ('running', 'draining', 'interrupted', 'soaking'))`)
	if err != nil {
		return fmt.Errorf("look for leases that were left: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var left []coord.Lease
	for rows.Next() {
		lease, err := scanLease(rows)
		if err != nil {
			return fmt.Errorf("read a lease that was left: %w", err)
		}
		if l.rules.Abandoned(lease, now) {
			left = append(left, lease)
		}
	}
	numbers, err := fences(left)
	if err := errors.Join(err, rows.Err()); err != nil || len(left) == 0 {
		return err
	}
	_, err = tx.Exec(`DELETE FROM leases WHERE fence IN (SELECT value FROM json_each(?))`, numbers)
	return err
}

// take takes one lease, or renews it if it is the owner's.
func (l *Leases) take(tx *sql.Tx, owner coord.Owner, now time.Time, key coord.Key) (coord.Lease, error) {
	have, err := scanLease(tx.QueryRow(`SELECT `+leaseColumns+` FROM leases WHERE kind = ? AND name = ?`, key.Kind, key.Name))
	switch {
	case errors.Is(err, sql.ErrNoRows):
	case err != nil:
		return have, fmt.Errorf("read the lease on %s: %w", key, err)
	case have.Owner == owner:
		have.Renewed, have.Uptime = now.UTC(), l.rules.Since(owner)
		_, err := tx.Exec(`UPDATE leases SET renewed = ?, uptime = ? WHERE fence = ?`, stamp(now), have.Uptime, have.Fence)
		return have, err
	case !l.rules.Abandoned(have, now):
		return have, &coord.HeldError{Lease: have}
	}
	next := coord.Lease{Key: key, Owner: owner, Acquired: now.UTC(), Renewed: now.UTC(), Uptime: l.rules.Since(owner)}
	if err := tx.QueryRow(`UPDATE controller SET fence = fence + 1 RETURNING fence`).Scan(&next.Fence); err != nil {
		return next, fmt.Errorf("number the lease on %s: %w", key, err)
	}
	_, err = tx.Exec(`INSERT OR REPLACE INTO leases (`+leaseColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		key.Kind, key.Name, next.Fence, owner.Actor, owner.Run, owner.Host, owner.PID, owner.BootID, owner.ProcStart, owner.MachineID, owner.PIDSpace,
		stamp(now), stamp(now), next.Uptime)
	return next, err
}

// Renew implements coord.Leases. However many they are, it is one statement: the
// number of a lease is unique in the database. They are leases of one process.
func (l *Leases) Renew(ctx context.Context, now time.Time, leases ...coord.Lease) (lost []coord.Lease, err error) {
	if len(leases) == 0 {
		return nil, nil
	}
	numbers, err := fences(leases)
	if err != nil {
		return nil, err
	}
	kept := make(map[int64]bool, len(leases))
	err = l.s.submit(ctx, func(tx *sql.Tx) (err error) {
		rows, err := tx.Query(`UPDATE leases SET renewed = ?, uptime = ? WHERE fence IN (SELECT value FROM json_each(?)) RETURNING fence`,
			stamp(now), l.rules.Since(leases[0].Owner), numbers)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for rows.Next() {
			var n int64
			if err := rows.Scan(&n); err != nil {
				return err
			}
			kept[n] = true
		}
		return rows.Err()
	})
	if err != nil {
		return nil, err
	}
	for _, x := range leases {
		if !kept[x.Fence] {
			lost = append(lost, x)
		}
	}
	return lost, nil
}

// Release implements coord.Leases.
func (l *Leases) Release(ctx context.Context, leases ...coord.Lease) error {
	if len(leases) == 0 {
		return nil
	}
	numbers, err := fences(leases)
	if err != nil {
		return err
	}
	return l.s.submit(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`DELETE FROM leases WHERE fence IN (SELECT value FROM json_each(?))`, numbers)
		return err
	})
}

// fences are the numbers of leases as a JSON list.
func fences(leases []coord.Lease) (string, error) {
	numbers := make([]int64, 0, len(leases))
	for _, x := range leases {
		numbers = append(numbers, x.Fence)
	}
	b, err := json.Marshal(numbers)
	if err != nil {
		return "", fmt.Errorf("encode the numbers of leases: %w", err)
	}
	return string(b), nil
}

// ReleaseByHand takes a lease away from whoever holds it, and records who did
// that and why. False says that it is not held under that number any more.
func (l *Leases) ReleaseByHand(ctx context.Context, lease coord.Lease, at time.Time, actor, reason string) (bool, error) {
	owner, err := json.Marshal(lease.Owner)
	if err != nil {
		return false, fmt.Errorf("encode the owner of a lease: %w", err)
	}
	var n int64
	err = l.s.submit(ctx, func(tx *sql.Tx) error {
		r, err := tx.Exec(`DELETE FROM leases WHERE fence = ?`, lease.Fence)
		if err != nil {
			return err
		}
		if n, err = r.RowsAffected(); err != nil || n == 0 {
			return err
		}
		_, err = tx.Exec(`INSERT INTO lease_releases (at, actor, reason, kind, name, fence, owner) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			stamp(at), actor, reason, lease.Kind, lease.Name, lease.Fence, string(owner))
		return err
	})
	return n > 0, err
}

// List implements coord.Leases.
func (l *Leases) List(ctx context.Context) (out []coord.Lease, err error) {
	rows, err := l.s.read.QueryContext(ctx, `SELECT `+leaseColumns+` FROM leases ORDER BY kind, name`)
	if err != nil {
		return nil, explain(l.s.path, err)
	}
	defer func() { err = errors.Join(err, explain(l.s.path, rows.Close())) }()
	for rows.Next() {
		lease, err := scanLease(rows)
		if err != nil {
			return nil, explain(l.s.path, err)
		}
		out = append(out, lease)
	}
	return out, explain(l.s.path, rows.Err())
}

// Find returns the lease on a key; false if nobody holds one.
func (l *Leases) Find(ctx context.Context, key coord.Key) (coord.Lease, bool, error) {
	lease, err := scanLease(l.s.read.QueryRowContext(ctx, `SELECT `+leaseColumns+` FROM leases WHERE kind = ? AND name = ?`, key.Kind, key.Name))
	if errors.Is(err, sql.ErrNoRows) {
		return lease, false, nil
	}
	return lease, err == nil, explain(l.s.path, err)
}

// Abandoned reports whether nobody works under a lease any more.
func (l *Leases) Abandoned(lease coord.Lease) bool { return l.rules.Abandoned(lease, l.rules.Time()) }

func scanLease(row interface{ Scan(...any) error }) (l coord.Lease, err error) {
	var acquired, renewed string
	o := &l.Owner
	if err := row.Scan(&l.Kind, &l.Name, &l.Fence, &o.Actor, &o.Run, &o.Host, &o.PID, &o.BootID, &o.ProcStart, &o.MachineID, &o.PIDSpace,
		&acquired, &renewed, &l.Uptime); err != nil {
		return l, err
	}
	var e1, e2 error
	l.Acquired, e1 = unstamp(acquired)
	l.Renewed, e2 = unstamp(renewed)
	return l, errors.Join(e1, e2)
}
