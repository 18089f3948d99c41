package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/go-hclog"

	"patchwave/connectors/wrap"
	"patchwave/engine/config"
	"patchwave/engine/config/diag"
	"patchwave/engine/journal"
	"patchwave/engine/report/safe"
	"patchwave/engine/store"
	"patchwave/inventory"
	"patchwave/policies"
)

// session is what most commands work with: the configuration, resolved with the
// facts that are stored, and the database.
type session struct {
	cfg      *config.Config
	inv      *inventory.Inventory
	policies []*policies.Policy
	// store is nil where the command only reads the configuration and there is no
	// database.
	store *store.Store
	seen  map[string]inventory.Observation
	// turns bound the connections; once makes them.
	turns *wrap.Turns
	once  sync.Once
	// places bound the downloads ahead; onceMore makes them.
	places   *wrap.Turns
	onceMore sync.Once
	log      hclog.Logger
	// post tells people what becomes of runs; nil until somebody may be told.
	post   *courier
	postMu sync.Mutex
	// last is done at the end, before the database is closed; nil is nothing.
	last func()
	// woken are the hosts that are on because they were woken.
	woken wokenHosts
	tell  func(format string, args ...any)
}

// Close puts hosts back that were woken for nothing, tells the last of what is to
// be told, and closes the database.
func (s *session) Close() error {
	s.letSleep()
	if s.store == nil {
		return nil
	}
	s.post.finish()
	if s.last != nil {
		s.last()
	}
	return s.store.Close()
}

// loadConfig reads the configuration; the diagnostics are not printed.
func (a *app) loadConfig() (*config.Config, config.Diagnostics, error) {
	dir, err := config.FindDir(a.flags.config, a.env)
	if err != nil {
		return nil, nil, usage("%w", err)
	}
	vars := map[string]string{}
	for _, v := range a.flags.vars {
		name, value, ok := strings.Cut(v, "=")
		if !ok {
			return nil, nil, usage("--var %q is not NAME=VALUE", v)
		}
		vars[name] = value
	}
	home, err := os.UserHomeDir()
	if err != nil {
		home = "/"
	}
	if a.sources == nil {
		a.sources = a.keptSources
	}
	cfg, diags := config.Load(config.Options{Dir: dir, Vars: vars, VarFiles: a.flags.varFiles, Env: a.env,
		Version: version, Home: home, Now: a.now(), SourceOutput: a.sources})
	return cfg, diags, nil
}

// mustLoad reads the configuration and ends with status 2 if it has errors.
func (a *app) mustLoad() (*config.Config, error) {
	cfg, diags, err := a.loadConfig()
	if err != nil {
		return nil, err
	}
	if diags.HasErrors() {
		if err := diag.WriteText(a.err, diags, a.color(a.err)); err != nil {
			return nil, err
		}
		n, _ := diags.Counts()
		return nil, usage("the configuration in %s has %s; nothing was done", cfg.Dir, count(n, "error"))
	}
	return cfg, nil
}

// access says what a command does with the database.
type access int

const (
	// optional: a database that is there is read.
	optional access = iota
	// existing: there must be one.
	existing
	// create: it is made if it is not there.
	create
)

// open loads the configuration and opens the database.
func (a *app) open(ctx context.Context, mode access) (*session, error) {
	if err := a.checkMetricsFile(); err != nil {
		return nil, err
	}
	cfg, err := a.mustLoad()
	if err != nil {
		return nil, err
	}
	s := &session{cfg: cfg, log: a.logger(), tell: a.say, seen: map[string]inventory.Observation{}}
	if s.store, err = a.openStore(ctx, cfg, mode); err != nil {
		return nil, err
	}
	if s.store != nil {
		if s.seen, err = s.store.Seen(ctx); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	if err := a.resolve(s); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.last = func() { a.writeMetrics(s) }
	return s, nil
}

// resolve works out groups and policies with the facts that are known.
func (a *app) resolve(s *session) error {
	inv, pols, diags := s.cfg.Resolve(factsOf(s.seen))
	if diags.HasErrors() {
		if err := diag.WriteText(a.err, diags, a.color(a.err)); err != nil {
			return err
		}
		return usage("the configuration does not fit the facts; nothing was done")
	}
	s.inv, s.policies = inv, pols
	return nil
}

// openStore opens the database that flag, configuration or default name.
func (a *app) openStore(ctx context.Context, cfg *config.Config, mode access) (*store.Store, error) {
	path := a.flags.db
	if path == "" && cfg != nil {
		path = cfg.Settings.Database
	}
	if path == "" {
		path = a.defaultDB()
	}
	if mode == create {
		st, err := store.Open(ctx, path)
		if err != nil {
			return nil, usage("%w", err)
		}
		st.SetRules(a.leaseRules())
		return st, nil
	}
	st, err := store.OpenExisting(ctx, path)
	switch {
	case errors.Is(err, store.ErrMissing) && mode == optional:
		return nil, nil //nolint:nilnil // no database is an answer here
	case errors.Is(err, store.ErrMissing):
		return nil, usage("there is no database at %s yet; run `patchwave scan` first, or name another with --db or the configuration with -C", path)
	case err != nil:
		return nil, usage("%w", err)
	}
	st.SetRules(a.leaseRules())
	return st, nil
}

func (a *app) defaultDB() string {
	if os.Geteuid() == 0 {
		return "/var/lib/patchwave/patchwave.db"
	}
	if dir, ok := a.env("XDG_STATE_HOME"); ok && filepath.IsAbs(dir) {
		return filepath.Join(dir, "patchwave", "patchwave.db")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "patchwave.db"
	}
	return filepath.Join(home, ".local", "state", "patchwave", "patchwave.db")
}

// logger writes to standard error through the sanitiser: host text must not
// reach the terminal as it is.
func (a *app) logger() hclog.Logger {
	return hclog.New(&hclog.LoggerOptions{Name: "patchwave", Level: hclog.LevelFromString(a.flags.logLevel), JSONFormat: a.flags.logForm == "json", Output: safe.Writer(a.err)})
}

// hosts returns the hosts that --limit and --where name; all if neither does.
func (a *app) hosts(ctx context.Context, s *session) ([]*inventory.Host, error) {
	selected := s.inv.Hosts
	if a.flags.limit != "" {
		var err error
		selected, err = inventory.Select(s.inv, a.flags.limit, inventory.SelectContext{
			ReadFile: readSelectorFile,
			Run:      func(run, state string) ([]string, error) { return a.hostsOfRun(ctx, s, run, state) },
		})
		if err != nil {
			return nil, usage("--limit: %w", err)
		}
	}
	if a.flags.where != "" {
		cond, diags := s.cfg.CompileWhere(a.flags.where)
		if diags.HasErrors() {
			return nil, usage("--where: %w", diags.Err())
		}
		selected = slices.DeleteFunc(slices.Clone(selected), func(h *inventory.Host) bool {
			subject := policies.Subject{Host: h, Now: a.now()}
			if o, ok := s.seen[h.Name]; ok {
				subject.Facts, subject.LastSeen = &o.Facts, o.At
			}
			return !cond.Match(subject)
		})
		if len(selected) == 0 {
			return nil, usage("--where matches no host; facts are those of the last scan")
		}
	}
	return selected, nil
}

// maxSelectorFile bounds a file of host names, in bytes.
const maxSelectorFile = 8 << 20

func readSelectorFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(f, maxSelectorFile+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	if len(b) > maxSelectorFile {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, maxSelectorFile)
	}
	return b, nil
}

// hostsOfRun is the selector run:ID:failed.
func (a *app) hostsOfRun(ctx context.Context, s *session, run, state string) ([]string, error) {
	if s.store == nil {
		return nil, errors.New("there is no database, so no run is known")
	}
	r, err := loadRun(ctx, s.store, run)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, h := range r.Hosts {
		failed := slices.Contains([]journal.State{journal.Failed, journal.Unreachable, journal.Deferred, journal.Lost, journal.RolledBack}, h.State)
		if string(h.State) == state || (state == "failed" && failed) {
			names = append(names, h.Name)
		}
	}
	return names, nil
}

// loadRun reads a run from its events; "" is the latest.
func loadRun(ctx context.Context, st *store.Store, id string) (*journal.Run, error) {
	if id == "" {
		runs, err := st.Runs(ctx, 1)
		if err != nil {
			return nil, err
		}
		if len(runs) == 0 {
			return nil, usage("there was no run yet; `patchwave apply` makes one")
		}
		id = runs[0].ID
	}
	events, err := st.Events(ctx, id)
	if err != nil {
		return nil, err
	}
	if len(events) == 0 {
		return nil, usage("there is no run %s; `patchwave history` lists them", id)
	}
	r, err := journal.Fold(events)
	if err != nil {
		return nil, err
	}
	if r.State == "running" || r.State == "draining" {
		dead, err := worksNo(ctx, st, id, r.Start)
		if err != nil {
			return nil, err
		}
		if dead {
			r.State, r.Why = "interrupted", "its process is gone; go on with: patchwave resume "+id
		}
	}
	return r, nil
}
