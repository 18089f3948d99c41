package store

import (
	"context"
	"errors"
)

// PointsOf returns the restore points of a host that runs which are over have made: the
// run of each, by patchwave's tag. Points without a tag (manifests of packages) and
// those of runs that go on, or can be gone on with, are not among them.
func (s *Store) PointsOf(ctx context.Context, host string) (out map[string]string, err error) {
	rows, err := s.read.QueryContext(ctx, `SELECT e.run, json_extract(e.data, '$.tag') FROM events e JOIN runs r ON r.id = e.run
		WHERE e.type = 'point.made' AND e.host = ? AND json_extract(e.data, '$.tag') <> ''
		AND r.state IN ('finished', 'stopped', 'cancelled', 'soaking')`, host)
	if err != nil {
		return nil, explain(s.path, err)
	}
	defer func() { err = errors.Join(err, explain(s.path, rows.Close())) }()
	out = map[string]string{}
	for rows.Next() {
		var run, tag string
		if err := rows.Scan(&run, &tag); err != nil {
			return nil, explain(s.path, err)
		}
		out[tag] = run
	}
	return out, explain(s.path, rows.Err())
}
