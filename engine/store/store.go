package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	_ "github.com/mattn/go-sqlite3" // the driver
	"github.com/pressly/goose/v3"

	"patchwave/engine/coord"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Store is one open database. It is safe for concurrent use.
type Store struct {
	path   string
	write  *sql.DB
	read   *sql.DB
	queue  chan request
	closed chan struct{}
	done   chan struct{}
	rules  coord.Rules
	// id is the controller's.
	id string
	// written are the writes to the journal that were acknowledged.
	written written
}

// ErrMissing says that there is no database at the path.
var ErrMissing = errors.New("there is no database yet")

// Open opens the database at path, makes it if it is not there, and brings its
// schema up to date.
func Open(ctx context.Context, path string) (*Store, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make the directory of the database: %w; choose another place with --db", err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w; choose another place with --db, or run as its owner", err)
	}
	if err := f.Close(); err != nil {
		return nil, fmt.Errorf("open the database %s: %w", path, err)
	}
	return open(ctx, path)
}

// OpenExisting opens the database at path and returns ErrMissing if there is
// none.
func OpenExisting(ctx context.Context, path string) (*Store, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, ErrMissing
	}
	return Open(ctx, path)
}

// dsn has every pragma, so that each connection of a pool has it.
func dsn(path, mode string) string {
	q := url.Values{
		"_journal_mode": {"WAL"}, "_synchronous": {"FULL"}, "_busy_timeout": {"10000"},
		"_txlock": {"immediate"}, "_foreign_keys": {"on"}, "mode": {mode},
	}
	if mode == "ro" {
		q.Del("_journal_mode")
		q.Set("_query_only", "on")
	}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}).String()
}

func open(ctx context.Context, path string) (*Store, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("the database %s can be read by others (mode %04o); run: chmod 600 %s", path, info.Mode().Perm(), path)
	}
	w, err := sql.Open("sqlite3", dsn(path, "rw"))
	if err != nil {
		return nil, fmt.Errorf("open the database %s: %w", path, err)
	}
	w.SetMaxOpenConns(1)
	r, err := sql.Open("sqlite3", dsn(path, "ro"))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the database %s: %w", path, err), w.Close())
	}
	r.SetMaxOpenConns(4)
	s := &Store{path: path, write: w, read: r, queue: make(chan request, 1024), closed: make(chan struct{}), done: make(chan struct{}), written: written{runs: map[string]*acks{}}}
	if err := s.migrate(ctx); err != nil {
		return nil, errors.Join(explain(path, err), w.Close(), r.Close())
	}
	if err := s.identify(ctx); err != nil {
		return nil, errors.Join(explain(path, err), w.Close(), r.Close())
	}
	go s.writer()
	return s, nil
}

// migrate refuses a newer schema and applies what is missing.
func (s *Store) migrate(ctx context.Context) error {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, s.write, dir)
	if err != nil {
		return err
	}
	have, want, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read the schema's version: %w", err)
	}
	if have > want {
		return fmt.Errorf("its schema is version %d and this program knows %d: use the newer patchwave that wrote it", have, want)
	}
	if have == want {
		return nil
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("bring the schema from version %d to %d: %w", have, want, err)
	}
	return nil
}

// identify reads the controller's id, or makes it with the database.
func (s *Store) identify(ctx context.Context) error {
	var b [8]byte
	if _, err := rand.Read(b[:]); err != nil {
		return fmt.Errorf("make an id: %w", err)
	}
	err := s.write.QueryRowContext(ctx, `SELECT id FROM controller`).Scan(&s.id)
	if !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if _, err := s.write.ExecContext(ctx, `INSERT INTO controller (one, id, created) VALUES (1, ?, ?) ON CONFLICT DO NOTHING`,
		hex.EncodeToString(b[:]), stamp(time.Now())); err != nil {
		return err
	}
	return s.write.QueryRowContext(ctx, `SELECT id FROM controller`).Scan(&s.id)
}

// Controller is the id that was made with the database.
func (s *Store) Controller() string { return s.id }

// Path is where the database is.
func (s *Store) Path() string { return s.path }

// Close writes what is waiting and closes the database.
func (s *Store) Close() error {
	close(s.closed)
	<-s.done
	// the writer last: the last to close folds the write-ahead log into the file
	return errors.Join(s.read.Close(), s.write.Close())
}

// stamp is how times are stored: UTC, sortable as text.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000000Z") }

func unstamp(s string) (time.Time, error) { return time.Parse(time.RFC3339Nano, s) }
