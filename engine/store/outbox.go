package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// The states of a notification.
const (
	NotificationPending = "pending"
	NotificationSent    = "sent"
	NotificationGivenUp = "given-up"
)

// Notification is one message to one receiver.
type Notification struct {
	// ID is stable: the same thing is written down once, however often it is said.
	ID string
	// Run is "" for what is about an opening.
	Run, Event, Receiver string
	// Message is JSON.
	Message []byte
	Created time.Time
	State   string
	// Attempts were made; the last at Tried, zero if none was.
	Attempts int
	Tried    time.Time
	// Error says why the last attempt failed, "" if it did not.
	Error string
}

// Notify writes down what is to be told; what is there by its id is left as it is.
func (s *Store) Notify(ctx context.Context, list ...Notification) error {
	if len(list) == 0 {
		return nil
	}
	return s.submit(ctx, func(tx *sql.Tx) error { return enqueue(tx, list) })
}

// Announce is Notify for a run that came to an end at an instant, and remembers that
// this end was looked at, all or nothing.
func (s *Store) Announce(ctx context.Context, run string, ended time.Time, list ...Notification) error {
	return s.submit(ctx, func(tx *sql.Tx) error {
		if _, err := tx.Exec(`INSERT INTO announced (run, ended) VALUES (?, ?) ON CONFLICT DO NOTHING`, run, stamp(ended)); err != nil {
			return fmt.Errorf("remember the end of run %s: %w", run, err)
		}
		return enqueue(tx, list)
	})
}

func enqueue(tx *sql.Tx, list []Notification) error {
	for _, n := range list {
		if _, err := tx.Exec(`INSERT INTO outbox (id, run, event, receiver, message, created, state) VALUES (?, ?, ?, ?, ?, ?, 'pending')
			ON CONFLICT DO NOTHING`, n.ID, n.Run, n.Event, n.Receiver, string(n.Message), stamp(n.Created)); err != nil {
			return fmt.Errorf("write down notification %s: %w", n.ID, err)
		}
	}
	return nil
}

// outboxKept is how long is kept what was told or given up. A notice is kept longer:
// it may be written down long before its opening, and must not be a second time.
const (
	outboxKept = 30 * 24 * time.Hour
	noticeKept = 800 * 24 * time.Hour
)

// pruneOutbox forgets what was told, or given up, long ago.
func pruneOutbox(tx *sql.Tx, now time.Time) error {
	_, err := tx.Exec(`DELETE FROM outbox WHERE state <> 'pending' AND created < CASE event WHEN 'notice' THEN ? ELSE ? END`,
		stamp(now.Add(-noticeKept)), stamp(now.Add(-outboxKept)))
	if err != nil {
		return fmt.Errorf("forget old notifications: %w", err)
	}
	return nil
}

// Unannounced returns the runs that ended after an instant and whose end nobody
// looked at yet; interrupted ones are left out, since they go on.
func (s *Store) Unannounced(ctx context.Context, since time.Time) ([]string, error) {
	return s.ids(ctx, `SELECT id FROM runs r WHERE ended > ? AND state IN ('finished', 'stopped', 'cancelled', 'soaking')
		AND NOT EXISTS (SELECT 1 FROM announced a WHERE a.run = r.id AND a.ended = r.ended) ORDER BY ended`, stamp(since))
}

// ids reads the one column of a query.
func (s *Store) ids(ctx context.Context, query string, args ...any) (out []string, err error) {
	rows, err := s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, explain(s.path, err)
	}
	defer func() { err = errors.Join(err, explain(s.path, rows.Close())) }()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, explain(s.path, err)
		}
		out = append(out, id)
	}
	return out, explain(s.path, rows.Err())
}

// notificationColumns are those that scanNotification reads.
const notificationColumns = `id, run, event, receiver, message, created, state, attempts, COALESCE(tried, ''), error`

// ClaimNotifications returns what is pending, oldest first, and keeps other processes
// from it until an instant. What was written down before an older one is given up,
// and returned in late.
func (s *Store) ClaimNotifications(ctx context.Context, now, until, tooOld time.Time) (due, late []Notification, err error) {
	err = s.submit(ctx, func(tx *sql.Tx) error {
		if late, err = queryNotifications(context.WithoutCancel(ctx), tx, `UPDATE outbox SET state = 'given-up' WHERE state = 'pending' AND created < ? AND claimed <= ? RETURNING `+notificationColumns,
			stamp(tooOld), stamp(now)); err != nil {
			return fmt.Errorf("give notifications up: %w", err)
		}
		if due, err = queryNotifications(context.WithoutCancel(ctx), tx, `SELECT `+notificationColumns+` FROM outbox WHERE state = 'pending' AND claimed <= ? ORDER BY created, id`, stamp(now)); err != nil {
			return fmt.Errorf("read the outbox: %w", err)
		}
		if _, err := tx.Exec(`UPDATE outbox SET claimed = ? WHERE state = 'pending' AND claimed <= ?`, stamp(until), stamp(now)); err != nil {
			return fmt.Errorf("claim the outbox: %w", err)
		}
		return nil
	})
	return due, late, err
}

// Notified records an attempt: with "" it succeeded, else reason says why it failed.
func (s *Store) Notified(ctx context.Context, id string, at time.Time, reason string) error {
	state := NotificationSent
	if reason != "" {
		state = NotificationPending
	}
	return s.submit(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`UPDATE outbox SET state = ?, attempts = attempts + 1, tried = ?, error = ?, claimed = '' WHERE id = ? AND state <> 'sent'`,
			state, stamp(at), reason, id)
		if err != nil {
			return fmt.Errorf("record the attempt at notification %s: %w", id, err)
		}
		return nil
	})
}

// ReleaseNotification gives a claim back without an attempt.
func (s *Store) ReleaseNotification(ctx context.Context, id string) error {
	return s.submit(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`UPDATE outbox SET claimed = '' WHERE id = ?`, id)
		return err
	})
}

// Notifications returns what was or is to be told about a run, oldest first.
func (s *Store) Notifications(ctx context.Context, run string) ([]Notification, error) {
	out, err := queryNotifications(ctx, s.read, `SELECT `+notificationColumns+` FROM outbox WHERE run = ? ORDER BY created, id`, run)
	return out, explain(s.path, err)
}

// NotificationCount is how many notifications a receiver has in a state.
type NotificationCount struct {
	Receiver, State string
	Count           int
}

// CountNotifications counts what was written down after an instant.
func (s *Store) CountNotifications(ctx context.Context, since time.Time) (out []NotificationCount, err error) {
	rows, err := s.read.QueryContext(ctx, `SELECT receiver, state, COUNT(*) FROM outbox WHERE created > ? GROUP BY receiver, state ORDER BY receiver, state`, stamp(since))
	if err != nil {
		return nil, explain(s.path, err)
	}
	defer func() { err = errors.Join(err, explain(s.path, rows.Close())) }()
	for rows.Next() {
		var c NotificationCount
		if err := rows.Scan(&c.Receiver, &c.State, &c.Count); err != nil {
			return nil, explain(s.path, err)
		}
		out = append(out, c)
	}
	return out, explain(s.path, rows.Err())
}

// querier is a database or a transaction of it.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func queryNotifications(ctx context.Context, q querier, query string, args ...any) ([]Notification, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return scanNotifications(rows)
}

// scanNotifications reads all rows and closes them.
func scanNotifications(rows *sql.Rows) (out []Notification, err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var n Notification
		var message, created, tried string
		if err := rows.Scan(&n.ID, &n.Run, &n.Event, &n.Receiver, &message, &created, &n.State, &n.Attempts, &tried, &n.Error); err != nil {
			return nil, err
		}
		n.Message = []byte(message)
		if n.Created, err = unstamp(created); err != nil {
			return nil, fmt.Errorf("notification %s: %w", n.ID, err)
		}
		if tried != "" {
			if n.Tried, err = unstamp(tried); err != nil {
				return nil, fmt.Errorf("notification %s: %w", n.ID, err)
			}
		}
		out = append(out, n)
	}
	return out, rows.Err()
}

// HasNotification reports whether a message was written down.
func (s *Store) HasNotification(ctx context.Context, id string) (bool, error) {
	var n int
	err := s.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM outbox WHERE id = ?`, id).Scan(&n)
	return n > 0, explain(s.path, err)
}

// The first tries follow each other as they come; from then on a receiver that is not
// there is left in peace for a while by whoever does not come for it.
const (
	firstTries = 4
	calm       = 10 * time.Minute
)

// HasPending reports whether it is time to tell somebody something.
func (s *Store) HasPending(ctx context.Context, now time.Time) (bool, error) {
	var n int
	err := s.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM (SELECT 1 FROM outbox WHERE state = 'pending' AND (attempts < ? OR tried <= ?) LIMIT 1)`,
		firstTries, stamp(now.Add(-calm))).Scan(&n)
	return n > 0, explain(s.path, err)
}
