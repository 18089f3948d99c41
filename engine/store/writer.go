package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// request is one piece of writing. It runs inside a transaction that it shares
// with others.
type request struct {
	do   func(*sql.Tx) error
	done chan error
}

// errClosed says that the store was closed.
var errClosed = errors.New("the database was closed")

// maxGroup bounds how many requests share a transaction.
const maxGroup = 512

// submit queues a piece of writing and waits until it is durable.
func (s *Store) submit(ctx context.Context, do func(*sql.Tx) error) error {
	r := request{do: do, done: make(chan error, 1)}
	select {
	case s.queue <- r:
	case <-s.closed:
		return errClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	// Once it is queued its fate is awaited: whoever asked must know it.
	select {
	case err := <-r.done:
		return explain(s.path, err)
	case <-s.done:
		select {
		case err := <-r.done:
			return explain(s.path, err)
		default:
			return errClosed
		}
	}
}

// writer takes what is waiting, again and again, until the store is closed.
func (s *Store) writer() {
	defer close(s.done)
	for {
		select {
		case r := <-s.queue:
			s.group(r)
		case <-s.closed:
			for {
				select {
				case r := <-s.queue:
					s.group(r)
				default:
					return
				}
			}
		}
	}
}

// group runs the first request and all that wait behind it in one transaction,
// and answers after the commit.
func (s *Store) group(first request) {
	all := []request{first}
	for len(all) < maxGroup {
		select {
		case r := <-s.queue:
			all = append(all, r)
			continue
		default:
		}
		break
	}
	errs := make([]error, len(all))
	err := s.transact(all, errs)
	for i, r := range all {
		if err != nil {
			r.done <- err
		} else {
			r.done <- errs[i]
		}
	}
}

// transact returns an error that befell the whole transaction; errs are those
// of single requests.
func (s *Store) transact(all []request, errs []error) (err error) {
	tx, err := s.write.BeginTx(context.Background(), nil) // a write that began is finished
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	for i, r := range all {
		if _, err := tx.Exec(`SAVEPOINT one`); err != nil {
			return errors.Join(err, tx.Rollback())
		}
		if errs[i] = r.do(tx); errs[i] != nil {
			if _, err := tx.Exec(`ROLLBACK TO one`); err != nil {
				return errors.Join(errs[i], err, tx.Rollback())
			}
		}
		if _, err := tx.Exec(`RELEASE one`); err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}
