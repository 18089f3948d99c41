package store

import (
	"context"
	"errors"
	"sync"
	"time"

	"patchwave/engine/journal"
)

// LogKeeper stores what the jobs of a run print, gathered and in the background, so
// that neither the run waits for it nor many hosts flood the database.
type LogKeeper struct {
	store *Store
	run   string

	mu   sync.Mutex
	jobs map[logKey]*keptJob
	// order is the jobs with something to store, each once.
	order []logKey
	err   error

	stop, stopped chan struct{}
}

type logKey struct{ host, job string }

// keptJob is what is to be stored of one job.
type keptJob struct {
	pieces []LogPiece
	// end is how much it printed, in bytes.
	end int64
	// whole says that the journal has its log from the first byte to the last.
	whole, queued bool
}

// logBatch and logPieces bound what is stored in one transaction, in bytes and in
// pieces: events wait behind it.
const (
	logBatch  = 1 << 20
	logPieces = 50
)

// KeepLogs begins to store what the jobs of a run print, at most once in an
// interval. Close ends it.
func (s *Store) KeepLogs(run string, every time.Duration) *LogKeeper {
	k := &LogKeeper{store: s, run: run, jobs: map[logKey]*keptJob{}, stop: make(chan struct{}), stopped: make(chan struct{})}
	go func() {
		defer close(k.stopped)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				k.flush()
			case <-k.stop:
				k.flush()
				return
			}
		}
	}()
	return k
}

// Printed takes what a job printed, from start bytes on. It does not block, and
// holds of each job no more than is kept of it.
func (k *LogKeeper) Printed(host, job string, start int64, text []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	j := k.queue(logKey{host, job})
	end := start + int64(len(text))
	j.end = max(j.end, end)
	cut := max(start, end-LogTail)
	if start < LogHead {
		n := min(int64(len(text)), LogHead-start)
		j.pieces = append(j.pieces, LogPiece{Run: k.run, Host: host, Job: job, Start: start, Data: append([]byte(nil), text[:n]...)})
		cut = max(cut, start+n)
	}
	if cut < end {
		j.pieces = append(j.pieces, LogPiece{Run: k.run, Host: host, Job: job, Start: cut, Data: append([]byte(nil), text[cut-start:]...)})
	}
	kept := j.pieces[:0]
	for _, p := range j.pieces {
		if p.Start < LogHead || p.Start+int64(len(p.Data)) > end-LogTail {
			kept = append(kept, p)
		}
	}
	j.pieces = kept
}

// queue returns what is to be stored of a job. The lock is held.
func (k *LogKeeper) queue(key logKey) *keptJob {
	j := k.jobs[key]
	if j == nil {
		j = &keptJob{}
		k.jobs[key] = j
	}
	if !j.queued {
		j.queued, k.order = true, append(k.order, key)
	}
	return j
}

// Event takes the events of the run: what the journal has whole of a job is not kept
// twice. It does not block.
func (k *LogKeeper) Event(e journal.Event) {
	if e.Type != journal.JobOutcome {
		return
	}
	d, err := journal.Decode[journal.JobOutcomeData](e)
	if err != nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	key := logKey{e.Host, d.ID}
	// a job of which nothing was read may have been read by a process before this one
	if j := k.jobs[key]; j != nil && j.end <= int64(len(d.Log)) {
		k.queue(key).whole = true
	}
}

// Close stores what is left and returns the first error there was. A log that could
// not be stored is lost to those who follow the run, and to nobody else.
func (k *LogKeeper) Close() error {
	close(k.stop)
	<-k.stopped
	return k.err
}

// flush stores what has come together.
func (k *LogKeeper) flush() {
	k.mu.Lock()
	var pieces []LogPiece
	var whole []logKey
	for _, key := range k.order {
		j := k.jobs[key]
		j.queued = false
		if j.whole {
			whole = append(whole, key)
			delete(k.jobs, key)
			continue
		}
		pieces, j.pieces = append(pieces, j.pieces...), nil
	}
	k.order = nil
	k.mu.Unlock()
	ctx := context.Background() // what was printed is kept, whoever has had enough
	var errs []error
	for len(pieces) > 0 {
		n, size := 0, 0
		for n < min(len(pieces), logPieces) && (n == 0 || size+len(pieces[n].Data) <= logBatch) {
			size, n = size+len(pieces[n].Data), n+1
		}
		errs, pieces = append(errs, k.store.SaveLogs(ctx, pieces[:n]...)), pieces[n:]
	}
	if len(whole) > 0 {
		errs = append(errs, k.store.dropLogs(ctx, k.run, whole))
	}
	if k.err == nil {
		k.err = errors.Join(errs...)
	}
}
