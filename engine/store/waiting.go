package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"patchwave/engine/journal"
	"patchwave/policies"
)

// Soak is a run that waits between two waves.
type Soak struct {
	Run string
	// Over is when it may go on.
	Over time.Time
	// Policies are those whose hosts wait.
	Policies []string
}

// SetSoak records until when a run waits.
func (s *Store) SetSoak(ctx context.Context, k Soak) error {
	names, err := json.Marshal(k.Policies)
	if err != nil {
		return fmt.Errorf("record the soak of run %s: %w", k.Run, err)
	}
	return s.submit(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO soaks (run, over, policies) VALUES (?, ?, ?) ON CONFLICT (run) DO UPDATE SET over = excluded.over, policies = excluded.policies`,
			k.Run, stamp(k.Over), string(names))
		if err != nil {
			return fmt.Errorf("record the soak of run %s: %w", k.Run, err)
		}
		return nil
	})
}

// Soaks returns the runs that wait, the oldest first. One of which nobody recorded
// until when has the zero time and no policies.
func (s *Store) Soaks(ctx context.Context) (out []Soak, err error) {
	rows, err := s.read.QueryContext(ctx, `SELECT r.id, COALESCE(k.over, ''), COALESCE(k.policies, '[]') FROM runs r LEFT JOIN soaks k ON k.run = r.id
		WHERE r.state = 'soaking' ORDER BY r.started, r.id`)
	if err != nil {
		return nil, explain(s.path, err)
	}
	defer func() { err = errors.Join(err, explain(s.path, rows.Close())) }()
	for rows.Next() {
		var k Soak
		var over, names string
		if err := rows.Scan(&k.Run, &over, &names); err != nil {
			return nil, explain(s.path, err)
		}
		if err := errors.Join(unstampInto(&k.Over, over), json.Unmarshal([]byte(names), &k.Policies)); err != nil {
			return nil, fmt.Errorf("database %s: the soak of run %s: %w", s.path, k.Run, err)
		}
		out = append(out, k)
	}
	return out, explain(s.path, rows.Err())
}

// Unfinished is a run that some process works on, or worked on before it was
// interrupted.
type Unfinished struct {
	ID, State string
	// Start is what the last process that worked on it said of itself.
	Start journal.RunStartedData
}

// Unfinished returns the runs that have come to no end, the oldest first. Those that
// soak are not among them.
func (s *Store) Unfinished(ctx context.Context) (out []Unfinished, err error) {
	rows, err := s.read.QueryContext(ctx, `SELECT r.id, r.state, (SELECT data FROM events e WHERE e.run = r.id AND e.type = ? ORDER BY seq DESC LIMIT 1)
		FROM runs r WHERE r.state IN ('running', 'draining', 'interrupted') ORDER BY r.started, r.id`, string(journal.RunStarted))
	if err != nil {
		return nil, explain(s.path, err)
	}
	defer func() { err = errors.Join(err, explain(s.path, rows.Close())) }()
	for rows.Next() {
		var u Unfinished
		var data string
		if err := rows.Scan(&u.ID, &u.State, &data); err != nil {
			return nil, explain(s.path, err)
		}
		if err := json.Unmarshal([]byte(data), &u.Start); err != nil {
			return nil, fmt.Errorf("database %s: how run %s began: %w", s.path, u.ID, err)
		}
		out = append(out, u)
	}
	return out, explain(s.path, rows.Err())
}

// StateOf returns the state of a run as its process left it; "" if there is no such
// run.
func (s *Store) StateOf(ctx context.Context, run string) (state string, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT state FROM runs WHERE id = ?`, run).Scan(&state)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return state, explain(s.path, err)
}

// Cancel is an operator's word that a run begins nothing more.
type Cancel struct {
	At            time.Time
	Actor, Reason string
}

// RequestCancel records that a run is to begin nothing more. The first word stands.
func (s *Store) RequestCancel(ctx context.Context, run string, c Cancel) error {
	return s.submit(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO cancels (run, at, actor, reason) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`, run, stamp(c.At), c.Actor, c.Reason)
		if err != nil {
			return fmt.Errorf("cancel run %s: %w", run, err)
		}
		return nil
	})
}

// Cancelled returns the word that a run begins nothing more, or nil.
func (s *Store) Cancelled(ctx context.Context, run string) (*Cancel, error) {
	var c Cancel
	var at string
	err := s.read.QueryRowContext(ctx, `SELECT at, actor, reason FROM cancels WHERE run = ?`, run).Scan(&at, &c.Actor, &c.Reason)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil //nolint:nilnil // "nobody said so" is an answer here, and documented
	}
	if err != nil {
		return nil, explain(s.path, err)
	}
	if c.At, err = unstamp(at); err != nil {
		return nil, fmt.Errorf("database %s: the cancelling of run %s: %w", s.path, run, err)
	}
	return &c, nil
}

// Lifted returns suspensions that were ended before their time, at an instant or
// later; Until is when they were.
func (s *Store) Lifted(ctx context.Context, at time.Time) (out []policies.Suspension, err error) {
	rows, err := s.read.QueryContext(ctx, `SELECT policy, since, lifted, reason, actor FROM suspensions WHERE lifted >= ? ORDER BY policy, id`, stamp(at))
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
		if err := errors.Join(unstampInto(&n.Since, since), unstampInto(&n.Until, until)); err != nil {
			return nil, fmt.Errorf("database %s: the suspension of policy %s: %w", s.path, n.Policy, err)
		}
		out = append(out, n)
	}
	return out, explain(s.path, rows.Err())
}
