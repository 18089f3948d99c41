package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"patchwave/engine/journal"
)

// Append implements journal.Journal.
func (s *Store) Append(ctx context.Context, events ...journal.Event) error {
	if len(events) == 0 {
		return nil
	}
	w := writeOf(events[0])
	if s.written.has(w) {
		return nil
	}
	err := s.submit(ctx, func(tx *sql.Tx) error {
		last, err := lastHash(tx)
		if err != nil {
			return err
		}
		for _, e := range events {
			if err := indexRun(tx, e); err != nil {
				return err
			}
			if err := current(tx, e); err != nil {
				return err
			}
			last = chain(last, e)
			if _, err := tx.Exec(`INSERT INTO events (run, at, host, type, v, data, hash) VALUES (?, ?, ?, ?, ?, ?, ?)`,
				e.Run, stamp(e.At), e.Host, string(e.Type), e.V, string(e.Data), last); err != nil {
				return fmt.Errorf("append event %s: %w", e.Type, err)
			}
		}
		return nil
	})
	if err == nil {
		s.written.add(w)
	}
	return err
}

func lastHash(tx *sql.Tx) ([]byte, error) {
	var last []byte
	err := tx.QueryRow(`SELECT hash FROM events ORDER BY seq DESC LIMIT 1`).Scan(&last)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("read the chain: %w", err)
	}
	return last, nil
}

// chain is the hash of an event behind the one before. Each part is preceded by
// its length, so that no two events share a text.
func chain(last []byte, e journal.Event) []byte {
	h := sha256.New()
	h.Write(last)
	for _, part := range []string{e.Run, stamp(e.At), e.Host, string(e.Type), strconv.Itoa(e.V), string(e.Data)} {
		h.Write([]byte(strconv.Itoa(len(part)) + ":" + part))
	}
	return h.Sum(nil)
}

// indexRun keeps the list of runs in step with their events.
func indexRun(tx *sql.Tx, e journal.Event) error {
	switch e.Type {
	case journal.RunStarted:
		var d journal.RunStartedData
		if err := json.Unmarshal(e.Data, &d); err != nil {
			return fmt.Errorf("read event %s: %w", e.Type, err)
		}
		var last int64
		if err := tx.QueryRow(`SELECT COALESCE(MAX(seq), 0) FROM events WHERE run = ?`, e.Run).Scan(&last); err != nil {
			return fmt.Errorf("read run %s: %w", e.Run, err)
		}
		if last != d.After {
			return fmt.Errorf("run %s: %w", e.Run, journal.ErrSuperseded)
		}
		_, err := tx.Exec(`INSERT INTO runs (id, kind, state, started, fence) VALUES (?, ?, 'running', ?, ?)
			ON CONFLICT (id) DO UPDATE SET state = 'running', ended = NULL, fence = excluded.fence`, e.Run, d.Kind, stamp(e.At), d.Fence)
		return err
	case journal.RunState:
		var d journal.RunStateData
		if err := json.Unmarshal(e.Data, &d); err != nil {
			return fmt.Errorf("read event %s: %w", e.Type, err)
		}
		_, err := tx.Exec(`UPDATE runs SET state = ?, ended = ? WHERE id = ?`, d.State, stamp(e.At), e.Run)
		return err
	default:
		return nil
	}
}

// current refuses an event of a process that was followed by another.
func current(tx *sql.Tx, e journal.Event) error {
	if e.Fence == 0 {
		return nil
	}
	var fence int64
	if err := tx.QueryRow(`SELECT fence FROM runs WHERE id = ?`, e.Run).Scan(&fence); err != nil {
		return fmt.Errorf("read run %s: %w", e.Run, err)
	}
	if e.Fence != fence {
		return fmt.Errorf("run %s: %w", e.Run, journal.ErrSuperseded)
	}
	return nil
}

// Events returns the events of a run in their order.
func (s *Store) Events(ctx context.Context, run string) ([]journal.Event, error) {
	return s.events(ctx, `SELECT seq, run, at, host, type, v, data FROM events WHERE run = ? ORDER BY seq`, run)
}

func (s *Store) events(ctx context.Context, query string, args ...any) (out []journal.Event, err error) {
	rows, err := s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, explain(s.path, err)
	}
	defer func() { err = errors.Join(err, explain(s.path, rows.Close())) }()
	for rows.Next() {
		var e journal.Event
		var at, typ, data string
		if err := rows.Scan(&e.Seq, &e.Run, &at, &e.Host, &typ, &e.V, &data); err != nil {
			return nil, explain(s.path, err)
		}
		if e.At, err = unstamp(at); err != nil {
			return nil, fmt.Errorf("event %d: %w", e.Seq, err)
		}
		e.Type, e.Data = journal.Type(typ), json.RawMessage(data)
		out = append(out, e)
	}
	return out, explain(s.path, rows.Err())
}

// RunRow is a run in the list of runs.
type RunRow struct {
	ID, Kind, State string
	Started         time.Time
	Ended           *time.Time
}

// Runs returns the latest runs, newest first, at most limit.
func (s *Store) Runs(ctx context.Context, limit int) (out []RunRow, err error) {
	rows, err := s.read.QueryContext(ctx, `SELECT id, kind, state, started, ended FROM runs ORDER BY started DESC, id DESC LIMIT ?`, limit)
	if err != nil {
		return nil, explain(s.path, err)
	}
	defer func() { err = errors.Join(err, explain(s.path, rows.Close())) }()
	for rows.Next() {
		var r RunRow
		var started string
		var ended sql.NullString
		if err := rows.Scan(&r.ID, &r.Kind, &r.State, &started, &ended); err != nil {
			return nil, explain(s.path, err)
		}
		if r.Started, err = unstamp(started); err != nil {
			return nil, fmt.Errorf("run %s: %w", r.ID, err)
		}
		if ended.Valid {
			t, err := unstamp(ended.String)
			if err != nil {
				return nil, fmt.Errorf("run %s: %w", r.ID, err)
			}
			r.Ended = &t
		}
		out = append(out, r)
	}
	return out, explain(s.path, rows.Err())
}

// NextFence returns a fencing number that is higher than all before.
func (s *Store) NextFence(ctx context.Context) (int64, error) {
	var n int64
	err := s.submit(ctx, func(tx *sql.Tx) error {
		return tx.QueryRow(`UPDATE controller SET fence = fence + 1 RETURNING fence`).Scan(&n)
	})
	return n, err
}

// CheckChain recomputes the chain of all events and returns the number of the
// first event that does not fit, or 0.
func (s *Store) CheckChain(ctx context.Context) (bad int64, err error) {
	rows, err := s.read.QueryContext(ctx, `SELECT seq, run, at, host, type, v, data, hash FROM events ORDER BY seq`)
	if err != nil {
		return 0, explain(s.path, err)
	}
	defer func() { err = errors.Join(err, explain(s.path, rows.Close())) }()
	var last []byte
	for rows.Next() {
		var e journal.Event
		var at, typ, data string
		var hash []byte
		if err := rows.Scan(&e.Seq, &e.Run, &at, &e.Host, &typ, &e.V, &data, &hash); err != nil {
			return 0, explain(s.path, err)
		}
		if e.At, err = unstamp(at); err != nil {
			return e.Seq, nil //nolint:nilerr // a time that cannot be read is a broken row, not a failure to read
		}
		e.Type, e.Data = journal.Type(typ), json.RawMessage(data)
		if last = chain(last, e); string(last) != string(hash) {
			return e.Seq, nil
		}
	}
	return 0, explain(s.path, rows.Err())
}
