package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// The states of an occurrence. One that is launched has not ended yet.
const (
	OccurrenceLaunched   = "launched"
	OccurrenceRan        = "ran"
	OccurrenceEmpty      = "empty"
	OccurrenceFrozen     = "frozen"
	OccurrenceSuspended  = "suspended"
	OccurrenceUnattended = "unattended"
	OccurrenceMissed     = "missed"
)

// Occurrence is one policy in one opening of its window, as it is recorded.
type Occurrence struct {
	Policy string
	Opens  time.Time
	// Zone is the hosts' zone where the window is host-local, else "".
	Zone   string
	Window string
	Closes time.Time
	// Launch is when it was to be launched at the earliest; zero if it was not.
	Launch time.Time
	State  string
	Reason string
	// Run is the run that worked in it last, Rollout that run's.
	Run, Rollout string
	// Launched and Finished are zero where that has not happened.
	Launched, Finished time.Time
	// Late counts the hosts that were not reached and may come back.
	Late int
}

// Looked is when Settle was told last; zero if never.
func (s *Store) Looked(ctx context.Context) (time.Time, error) {
	var at string
	err := s.read.QueryRowContext(ctx, `SELECT at FROM looked`).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, explain(s.path, err)
	}
	return unstamp(at)
}

// Settle records that everything that closed up to an instant was looked at, with
// the occurrences that ended without a launch. It returns those that were not on
// record.
func (s *Store) Settle(ctx context.Context, looked time.Time, ended ...Occurrence) (fresh []Occurrence, err error) {
	return s.SettleAndTell(ctx, looked, func([]Occurrence) ([]Notification, error) { return nil, nil }, ended...)
}

// SettleAndTell is Settle, and writes down what is to be told of those that were not
// on record: all of it or nothing.
func (s *Store) SettleAndTell(ctx context.Context, looked time.Time, tell func(fresh []Occurrence) ([]Notification, error), ended ...Occurrence) (fresh []Occurrence, err error) {
	err = s.submit(ctx, func(tx *sql.Tx) error {
		fresh = nil
		if _, err := tx.Exec(`INSERT INTO looked (one, at) VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET at = MAX(at, excluded.at)`, stamp(looked)); err != nil {
			return fmt.Errorf("record when was looked: %w", err)
		}
		for _, o := range ended {
			isNew, err := insertOccurrence(tx, o)
			if err != nil {
				return err
			}
			if isNew {
				fresh = append(fresh, o)
			}
		}
		list, err := tell(fresh)
		if err != nil {
			return err
		}
		if err := pruneOutbox(tx, looked); err != nil {
			return err
		}
		return enqueue(tx, list)
	})
	return fresh, err
}

// Launch records an occurrence before its run begins; false if it is on record
// already, and then it must not be launched.
func (s *Store) Launch(ctx context.Context, o Occurrence) (isNew bool, err error) {
	err = s.submit(ctx, func(tx *sql.Tx) error {
		isNew, err = insertOccurrence(tx, o)
		return err
	})
	return isNew, err
}

func insertOccurrence(tx *sql.Tx, o Occurrence) (bool, error) {
	r, err := tx.Exec(`INSERT INTO occurrences (policy, opens, zone, window, closes, launch, state, reason, run, rollout, launched, finished, late)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		o.Policy, stamp(o.Opens), o.Zone, o.Window, stamp(o.Closes), stampOrNull(o.Launch), o.State, o.Reason, o.Run, o.Rollout,
		stampOrNull(o.Launched), stampOrNull(o.Finished), o.Late)
	if err != nil {
		return false, fmt.Errorf("record the occurrence of policy %s: %w", o.Policy, err)
	}
	n, err := r.RowsAffected()
	return n == 1, err
}

// Update records what became of an occurrence: state, reason, run, rollout, the
// end and the late hosts.
func (s *Store) Update(ctx context.Context, o Occurrence) error {
	return s.submit(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`UPDATE occurrences SET state = ?, reason = ?, run = ?, rollout = ?, finished = ?, late = ? WHERE policy = ? AND opens = ? AND zone = ?`,
			o.State, o.Reason, o.Run, o.Rollout, stampOrNull(o.Finished), o.Late, o.Policy, stamp(o.Opens), o.Zone)
		if err != nil {
			return fmt.Errorf("record what became of the occurrence of policy %s: %w", o.Policy, err)
		}
		return nil
	})
}

const selectOccurrences = `SELECT policy, opens, zone, window, closes, launch, state, reason, run, rollout, launched, finished, late FROM occurrences `

// Occurrences returns those that close after an instant, and those that were
// launched and have not finished, by opening and policy.
func (s *Store) Occurrences(ctx context.Context, after time.Time) ([]Occurrence, error) {
	return s.occurrences(ctx, selectOccurrences+`WHERE closes > ? OR finished IS NULL ORDER BY opens, policy, zone`, stamp(after))
}

// Occurrence reads an occurrence anew, by its policy, opening and zone; nil if it is
// not on record.
func (s *Store) Occurrence(ctx context.Context, o Occurrence) (*Occurrence, error) {
	out, err := s.occurrences(ctx, selectOccurrences+`WHERE policy = ? AND opens = ? AND zone = ?`, o.Policy, stamp(o.Opens), o.Zone)
	if err != nil || len(out) == 0 {
		return nil, err
	}
	return &out[0], nil
}

// LastRun returns the last occurrence of a policy in which a run worked, or nil.
func (s *Store) LastRun(ctx context.Context, policy, zone string) (*Occurrence, error) {
	out, err := s.occurrences(ctx, selectOccurrences+`WHERE policy = ? AND zone = ? AND run <> '' AND state IN ('ran', 'empty') ORDER BY opens DESC LIMIT 1`, policy, zone)
	if err != nil || len(out) == 0 {
		return nil, err
	}
	return &out[0], nil
}

func (s *Store) occurrences(ctx context.Context, query string, args ...any) (out []Occurrence, err error) {
	rows, err := s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, explain(s.path, err)
	}
	defer func() { err = errors.Join(err, explain(s.path, rows.Close())) }()
	for rows.Next() {
		var o Occurrence
		var opens, closes string
		var launch, launched, finished sql.NullString
		if err := rows.Scan(&o.Policy, &opens, &o.Zone, &o.Window, &closes, &launch, &o.State, &o.Reason, &o.Run, &o.Rollout, &launched, &finished, &o.Late); err != nil {
			return nil, explain(s.path, err)
		}
		err := errors.Join(unstampInto(&o.Opens, opens), unstampInto(&o.Closes, closes), unstampInto(&o.Launch, launch.String),
			unstampInto(&o.Launched, launched.String), unstampInto(&o.Finished, finished.String))
		if err != nil {
			return nil, fmt.Errorf("database %s: the occurrence of policy %s: %w", s.path, o.Policy, err)
		}
		out = append(out, o)
	}
	return out, explain(s.path, rows.Err())
}

// stampOrNull stores the zero time as NULL.
func stampOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return stamp(t)
}

// unstampInto reads a time; "" is the zero time.
func unstampInto(t *time.Time, s string) (err error) {
	if s != "" {
		*t, err = unstamp(s)
	}
	return err
}

// RunsOf returns the runs of a rollout that worked in occurrences, in the order in
// which they began.
func (s *Store) RunsOf(ctx context.Context, rollout string) ([]string, error) {
	return s.ids(ctx, `SELECT r.id FROM runs r WHERE r.id IN (SELECT run FROM occurrences WHERE rollout = ?) ORDER BY r.started, r.id`, rollout)
}

// CountMissed counts the occurrences of each policy that closed after an instant and
// were missed.
func (s *Store) CountMissed(ctx context.Context, since time.Time) (map[string]int, error) {
	list, err := s.occurrences(ctx, selectOccurrences+`WHERE closes > ? AND state = 'missed'`, stamp(since))
	out := map[string]int{}
	for _, o := range list {
		out[o.Policy]++
	}
	return out, err
}
