package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"patchwave/engine/coord"
	"patchwave/engine/journal"
)

// Woken is a host that a process has woken for planning and that it is to put back.
type Woken struct {
	Host string
	// At is when it was sent the first packet.
	At time.Time
	// Found is what it was; "" as long as it has not answered.
	Found string
	Owner coord.Owner
}

// Wake records that a host is woken, before it is, and again when it has answered.
func (s *Store) Wake(ctx context.Context, w Woken) error {
	owner, err := json.Marshal(w.Owner)
	if err != nil {
		return err
	}
	return s.submit(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO woken (host, at, found, owner) VALUES (?, ?, ?, ?)
			ON CONFLICT (host) DO UPDATE SET at = excluded.at, found = excluded.found, owner = excluded.owner`, w.Host, stamp(w.At), w.Found, string(owner))
		if err != nil {
			return fmt.Errorf("record that %s is woken: %w", w.Host, err)
		}
		return nil
	})
}

// Woken returns the hosts that processes have to put back, by name; not those of which
// a run has journaled since that it does.
func (s *Store) Woken(ctx context.Context) (out []Woken, err error) {
	rows, err := s.read.QueryContext(ctx, `SELECT host, at, found, owner FROM woken w WHERE NOT EXISTS (
			SELECT 1 FROM events e WHERE e.type = ? AND e.host = w.host AND e.at >= w.at AND json_extract(e.data, '$.kind') = ?)
		ORDER BY host`, string(journal.ActionIntent), journal.ActionWake)
	if err != nil {
		return nil, explain(s.path, err)
	}
	defer func() { err = errors.Join(err, explain(s.path, rows.Close())) }()
	for rows.Next() {
		var w Woken
		var at, owner string
		if err := rows.Scan(&w.Host, &at, &w.Found, &owner); err != nil {
			return nil, explain(s.path, err)
		}
		if w.At, err = unstamp(at); err == nil {
			err = json.Unmarshal([]byte(owner), &w.Owner)
		}
		if err != nil {
			return nil, fmt.Errorf("read who has woken host %s: %w", w.Host, err)
		}
		out = append(out, w)
	}
	return out, explain(s.path, rows.Err())
}

// ForgetWoken forgets the hosts that a process has woken.
func (s *Store) ForgetWoken(ctx context.Context, owner coord.Owner) error {
	text, err := json.Marshal(owner)
	if err != nil {
		return err
	}
	return s.submit(ctx, func(tx *sql.Tx) error {
		if _, err := tx.Exec(`DELETE FROM woken WHERE owner = ?`, string(text)); err != nil {
			return fmt.Errorf("forget which hosts were woken: %w", err)
		}
		return nil
	})
}
