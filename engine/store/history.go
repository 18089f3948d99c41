package store

import (
	"context"
	"errors"
	"time"

	"patchwave/engine/journal"
)

// recentRuns is how many of its runs count as recent for a host's history.
const recentRuns = 10

// Longest returns how long hosts took in the longest of the last ten runs that
// changed them, by name, from the first look to the end. Runs that were
// interrupted and gone on with later do not count: nobody worked on a host
// between.
func (s *Store) Longest(ctx context.Context) (out map[string]time.Duration, err error) {
	rows, err := s.read.QueryContext(ctx, `
		WITH recent AS (
			SELECT r.id FROM runs r WHERE r.kind = 'apply' AND r.ended IS NOT NULL
			AND (SELECT COUNT(*) FROM events e WHERE e.run = r.id AND e.type = ?) = 1
			ORDER BY r.started DESC LIMIT ?)
		SELECT host, MIN(at), MAX(at) FROM events WHERE run IN (SELECT id FROM recent) AND host <> '' AND type = ?
			GROUP BY run, host
			HAVING SUM(json_extract(data, '$.to') IN ('installing', 'done')) >= 2`,
		string(journal.RunStarted), recentRuns, string(journal.HostState))
	if err != nil {
		return nil, explain(s.path, err)
	}
	defer func() { err = errors.Join(err, explain(s.path, rows.Close())) }()
	out = map[string]time.Duration{}
	for rows.Next() {
		var host, first, last string
		if err := rows.Scan(&host, &first, &last); err != nil {
			return nil, explain(s.path, err)
		}
		begin, e1 := unstamp(first)
		end, e2 := unstamp(last)
		if err := errors.Join(e1, e2); err != nil {
			return nil, explain(s.path, err)
		}
		out[host] = max(out[host], end.Sub(begin))
	}
	return out, explain(s.path, rows.Err())
}
