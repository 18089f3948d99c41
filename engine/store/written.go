package store

import (
	"sync"

	"patchwave/engine/journal"
)

// write is one Append of a process, by its number.
type write struct {
	run           string
	fence, number int64
}

func writeOf(e journal.Event) write { return write{e.Run, e.Fence, e.Write} }

// written remembers which writes were acknowledged, so that one that comes again
// is kept once. Another process has another fencing number, so it is enough to
// know those of this one.
type written struct {
	mu   sync.Mutex
	runs map[string]*acks
}

// acks are the acknowledged writes of one run: all up to a number, and a few that
// were faster than those before them.
type acks struct {
	fence, all int64
	ahead      map[int64]bool
}

func (w *written) has(x write) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	a := w.runs[x.run]
	return x.number > 0 && a != nil && a.fence == x.fence && (x.number <= a.all || a.ahead[x.number])
}

func (w *written) add(x write) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if x.number <= 0 {
		return
	}
	a := w.runs[x.run]
	if a == nil || a.fence != x.fence {
		a = &acks{fence: x.fence, ahead: map[int64]bool{}}
		w.runs[x.run] = a
	}
	a.ahead[x.number] = true
	for a.ahead[a.all+1] {
		a.all++
		delete(a.ahead, a.all)
	}
}
