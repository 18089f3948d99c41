package knownhosts

import (
	"slices"
	"sync"
	"time"
)

// DB is the content of some known_hosts files. It is safe for concurrent use.
type DB struct {
	// names are the files as given, duplicates and os.DevNull left out.
	names   []string
	missing []string
	// writable says that the first file given is one that Add can write to.
	writable bool
	now      func() time.Time

	mu sync.RWMutex // guards all below
	x  index
	// bad are the entries whose key was found unreadable after loading.
	bad map[int32]bool
	// seen is how much of the first file is in the index.
	seen tail

	memo memo
}

// Missing returns the files that were not there when they were loaded.
func (db *DB) Missing() []string { return slices.Clone(db.missing) }

// Problems returns the lines that could not be read and count as not there, in
// the order in which they were found.
func (db *DB) Problems() []Problem {
	db.mu.RLock()
	defer db.mu.RUnlock()
	return slices.Clone(db.x.problems)
}

// memo keeps, for each name, what had to be searched for line by line. It grows
// with the number of different hosts asked for.
type memo struct {
	mu       sync.RWMutex
	patterns map[string][]int32
	hashed   map[string][]int32
}

func (m *memo) get(of *map[string][]int32, name string, search func(string) []int32) []int32 {
	m.mu.RLock()
	ids, ok := (*of)[name]
	m.mu.RUnlock()
	if ok {
		return ids
	}
	ids = search(name)
	m.mu.Lock()
	defer m.mu.Unlock()
	if *of == nil {
		*of = map[string][]int32{}
	}
	(*of)[name] = ids
	return ids
}

func (m *memo) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.patterns, m.hashed = nil, nil
}

// named appends the entries that name a host in plain or with wildcards. The
// caller holds db.mu.
func (db *DB) named(ids []int32, name string) []int32 {
	ids = db.x.byName(ids, name)
	if len(db.x.patterns) > 0 {
		ids = append(ids, db.memo.get(&db.memo.patterns, name, db.x.byPattern)...)
	}
	return ids
}

// hashed appends the entries whose hashed name is the host's. The caller holds
// db.mu.
func (db *DB) hashed(ids []int32, name string) []int32 {
	if len(db.x.hashed) > 0 {
		ids = append(ids, db.memo.get(&db.memo.hashed, name, db.x.byHash)...)
	}
	return ids
}

// list returns the entries of one marker among ids whose keys can be read,
// decoded for messages. The caller holds db.mu for writing.
func (db *DB) list(ids []int32, m marker) (entries []Entry) {
	for _, id := range ids {
		e := &db.x.entries[id]
		if e.marker != m || db.bad[id] {
			continue
		}
		if _, key := e.decode(); key == nil {
			if db.bad == nil {
				db.bad = map[int32]bool{}
			}
			db.bad[id] = true
			db.x.problem(e.file, e.line, "key cannot be read")
			continue
		}
		entries = append(entries, db.x.public(id))
	}
	return entries
}
