package store

import (
	"context"
	"database/sql"
	"errors"

	"patchwave/engine/journal"
)

// LaterChange returns the first run other than run that has begun to install something
// on a host, or to take it back, after the event with the number after; "" if there is
// none. Whether it came to change anything does not matter.
func (s *Store) LaterChange(ctx context.Context, run, host string, after int64) (string, error) {
	var later string
	err := s.read.QueryRowContext(ctx, `SELECT run FROM events WHERE seq > ? AND host = ? AND run <> ? AND type = ?
		AND json_extract(data, '$.to') IN (?, ?) ORDER BY seq LIMIT 1`,
		after, host, run, string(journal.HostState), string(journal.Installing), string(journal.RollingBack)).Scan(&later)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return later, explain(s.path, err)
}
