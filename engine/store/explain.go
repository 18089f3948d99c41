package store

import (
	"errors"
	"fmt"

	"github.com/mattn/go-sqlite3"
)

// ErrFull says that the disk is full. Nothing that was acknowledged is lost.
var ErrFull = errors.New("the disk is full")

// explain says in the operator's words what is wrong with the database, and
// what to do next.
func explain(path string, err error) error {
	if err == nil {
		return nil
	}
	var e sqlite3.Error
	if !errors.As(err, &e) {
		return fmt.Errorf("database %s: %w", path, err)
	}
	switch e.Code {
	case sqlite3.ErrFull:
		return fmt.Errorf("database %s: %w: free space there and run again; nothing that was recorded is lost (%w)", path, ErrFull, err)
	case sqlite3.ErrReadonly, sqlite3.ErrPerm, sqlite3.ErrCantOpen:
		return fmt.Errorf("database %s cannot be written: run as its owner, or choose another with --db (%w)", path, err)
	case sqlite3.ErrCorrupt, sqlite3.ErrNotADB:
		return fmt.Errorf("database %s is damaged or no database: move it away and restore a backup (%w)", path, err)
	case sqlite3.ErrBusy, sqlite3.ErrLocked:
		return fmt.Errorf("database %s is locked by another program: wait for it and run again (%w)", path, err)
	case sqlite3.ErrIoErr:
		return fmt.Errorf("database %s cannot be read or written: look at the disk (%w)", path, err)
	default:
		return fmt.Errorf("database %s: %w", path, err)
	}
}
