package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"patchwave/engine/plan"
)

// SavePlan stores a plan under its id.
func (s *Store) SavePlan(ctx context.Context, p *plan.Plan) error {
	b, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encode plan %s: %w", p.ID, err)
	}
	return s.submit(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO plans (id, digest, config_digest, created, data) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			p.ID, p.Digest, p.ConfigDigest, stamp(p.Created), string(b))
		return err
	})
}

// Plan returns the plan of an id, or nil if there is none.
func (s *Store) Plan(ctx context.Context, id string) (*plan.Plan, error) {
	var data string
	err := s.read.QueryRowContext(ctx, `SELECT data FROM plans WHERE id = ?`, id).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil //nolint:nilnil // "none" is an answer here, and documented
	}
	if err != nil {
		return nil, explain(s.path, err)
	}
	var p plan.Plan
	if err := json.Unmarshal([]byte(data), &p); err != nil {
		return nil, fmt.Errorf("read plan %s: %w", id, err)
	}
	return &p, nil
}

// planDepth is how many plans are looked through for one that has a host.
const planDepth = 50

// PlanOf returns the newest plan under a configuration that has a host by a policy
// and was made at or after an instant, or nil if there is none.
func (s *Store) PlanOf(ctx context.Context, policy, host, configDigest string, since time.Time) (found *plan.Plan, err error) {
	rows, err := s.read.QueryContext(ctx, `SELECT data FROM plans WHERE config_digest = ? AND created >= ? ORDER BY created DESC, id DESC LIMIT ?`,
		configDigest, stamp(since.Truncate(time.Second)), planDepth)
	if err != nil {
		return nil, explain(s.path, err)
	}
	defer func() { err = errors.Join(err, explain(s.path, rows.Close())) }()
	for rows.Next() {
		var data string
		if err := rows.Scan(&data); err != nil {
			return nil, explain(s.path, err)
		}
		var p plan.Plan
		if err := json.Unmarshal([]byte(data), &p); err != nil {
			return nil, fmt.Errorf("read the plans of %s: %w", host, err)
		}
		if p.HostsOf(policy)[host] != nil {
			return &p, nil
		}
	}
	return nil, explain(s.path, rows.Err())
}
