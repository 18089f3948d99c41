package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"patchwave/engine/journal"
	"patchwave/engine/plan"
)

// triesDepth is how many results of a host are looked through; a run has one a
// round, and one for a rollback.
const triesDepth = 40

// Tries returns what the last ten runs of a host made of its updates, the newest
// first. It implements plan.History.
func (s *Store) Tries(ctx context.Context, host string) (out []plan.Try, err error) {
	rows, err := s.read.QueryContext(ctx, `SELECT run, at, data FROM events WHERE type = 'update.result' AND host = ? ORDER BY seq DESC LIMIT ?`, host, triesDepth)
	if err != nil {
		return nil, explain(s.path, err)
	}
	defer func() { err = errors.Join(err, explain(s.path, rows.Close())) }()
	seen := map[string]bool{}
	for rows.Next() {
		var run, at, data string
		if err := rows.Scan(&run, &at, &data); err != nil {
			return nil, explain(s.path, err)
		}
		if seen[run] {
			continue // an earlier round: the last result of a run has them all
		}
		if seen[run] = true; len(seen) > recentRuns {
			break
		}
		var d journal.UpdateResultData
		if err := json.Unmarshal([]byte(data), &d); err != nil {
			return nil, fmt.Errorf("read run %s: %w", run, err)
		}
		t, err := unstamp(at)
		if err != nil {
			return nil, explain(s.path, err)
		}
		for _, u := range d.Updates {
			out = append(out, plan.Try{Run: run, At: t, Name: u.Name, Arch: u.Arch, To: u.To, State: u.State})
		}
	}
	return out, explain(s.path, rows.Err())
}
