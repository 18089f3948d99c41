package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"patchwave/engine/journal"
)

// Owed is a reboot that a run has left to another window.
type Owed struct {
	Host, Run string
	journal.RebootOwedData
}

// OwedReboots returns the last reboot that was left of each host, by host. Whether it
// was rebooted since is told by its boot id.
func (s *Store) OwedReboots(ctx context.Context) (out []Owed, err error) {
	rows, err := s.read.QueryContext(ctx, `SELECT host, run, data FROM events WHERE type = 'host.reboot-owed'
		AND seq IN (SELECT MAX(seq) FROM events WHERE type = 'host.reboot-owed' GROUP BY host) ORDER BY host`)
	if err != nil {
		return nil, explain(s.path, err)
	}
	defer func() { err = errors.Join(err, explain(s.path, rows.Close())) }()
	for rows.Next() {
		var o Owed
		var data string
		if err := rows.Scan(&o.Host, &o.Run, &data); err != nil {
			return nil, explain(s.path, err)
		}
		if err := json.Unmarshal([]byte(data), &o.RebootOwedData); err != nil {
			return nil, fmt.Errorf("read run %s: %w", o.Run, err)
		}
		out = append(out, o)
	}
	return out, explain(s.path, rows.Err())
}
