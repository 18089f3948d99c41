package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"patchwave/engine/journal"
)

// LogHead and LogTail are how much is kept of what a job prints, in bytes; what
// lies between is dropped.
const (
	LogHead = 64 << 10
	LogTail = 64 << 10
)

// logPiece bounds one stored piece, in bytes: what is dropped is dropped in pieces.
const logPiece = 16 << 10

// LogPiece is something that a job printed. Data is the host's own: hostile.
type LogPiece struct {
	// ID grows from piece to piece; it is set by the store.
	ID        int64
	Run, Host string
	// Job is the id of the job.
	Job string
	// Start is where the piece begins in all that the job printed, in bytes.
	Start int64
	Data  []byte
}

// JobLog is what is kept of all that a job printed. Text is hostile.
type JobLog struct {
	Host, Job string
	// Size is how much the job printed so far, in bytes.
	Size int64
	Text []byte
}

// SaveLogs stores what jobs printed, in one transaction. What is there already is
// passed over, so that a resume may begin anew; a gap stays one.
func (s *Store) SaveLogs(ctx context.Context, pieces ...LogPiece) error {
	return s.submit(ctx, func(tx *sql.Tx) error {
		for _, p := range pieces {
			if err := saveLog(tx, p); err != nil {
				return fmt.Errorf("keep the log of %s: %w", p.Host, err)
			}
		}
		return nil
	})
}

func saveLog(tx *sql.Tx, p LogPiece) error {
	var id, size int64
	if err := tx.QueryRow(`INSERT INTO job_logs (run, host, job, size) VALUES (?, ?, ?, 0)
		ON CONFLICT (run, host, job) DO UPDATE SET size = size RETURNING id, size`, p.Run, p.Host, p.Job).Scan(&id, &size); err != nil {
		return err
	}
	end := p.Start + int64(len(p.Data))
	if end <= size {
		return nil
	}
	start, data := p.Start, p.Data
	if start < size {
		start, data = size, data[size-start:]
	}
	for len(data) > 0 {
		n := min(len(data), logPiece)
		if start < LogHead {
			n = min(n, int(LogHead-start))
		}
		if start < LogHead || start+int64(n) > end-LogTail {
			if _, err := tx.Exec(`INSERT INTO job_log_pieces (log, start, data) VALUES (?, ?, ?)`, id, start, data[:n]); err != nil {
				return err
			}
		}
		start, data = start+int64(n), data[n:]
	}
	if end > LogHead+LogTail {
		if _, err := tx.Exec(`DELETE FROM job_log_pieces WHERE log = ? AND start >= ? AND start + length(data) <= ?`, id, LogHead, end-LogTail); err != nil {
			return err
		}
	}
	_, err := tx.Exec(`UPDATE job_logs SET size = ? WHERE id = ?`, end, id)
	return err
}

// dropLogs takes away what was kept of jobs whose whole logs are elsewhere by now.
// There may be nothing to take away.
func (s *Store) dropLogs(ctx context.Context, run string, jobs []logKey) error {
	return s.submit(ctx, func(tx *sql.Tx) error {
		for _, j := range jobs {
			if _, err := tx.Exec(`DELETE FROM job_logs WHERE run = ? AND host = ? AND job = ?`, run, j.host, j.job); err != nil {
				return fmt.Errorf("drop the log of %s: %w", j.host, err)
			}
		}
		return nil
	})
}

// JobLogs returns what is kept of the logs of a host's jobs in a run, in the order
// in which they began. Of each at most the last limit bytes; 0 is all that is kept.
func (s *Store) JobLogs(ctx context.Context, run, host string, limit int64) (out []JobLog, err error) {
	rows, err := s.read.QueryContext(ctx, `SELECT l.job, l.size, p.start, p.data FROM job_logs l JOIN job_log_pieces p ON p.log = l.id
		WHERE l.run = ? AND l.host = ? AND (? = 0 OR p.start + length(p.data) > l.size - ?) ORDER BY l.id, p.start`, run, host, limit, limit)
	if err != nil {
		return nil, explain(s.path, err)
	}
	defer func() { err = errors.Join(err, explain(s.path, rows.Close())) }()
	var end int64 // of the piece before
	for rows.Next() {
		var job string
		var size, start int64
		var data []byte
		if err := rows.Scan(&job, &size, &start, &data); err != nil {
			return nil, explain(s.path, err)
		}
		if n := len(out); n == 0 || out[n-1].Job != job {
			out, end = append(out, JobLog{Host: host, Job: job, Size: size}), start
		}
		l := &out[len(out)-1]
		if start > end {
			l.Text = fmt.Appendf(l.Text, "\n[… %d bytes left out …]\n", start-end)
		}
		l.Text, end = append(l.Text, data...), start+int64(len(data))
	}
	for i := range out {
		if l := &out[i]; limit > 0 && int64(len(l.Text)) > limit {
			l.Text = l.Text[int64(len(l.Text))-limit:]
		}
	}
	return out, explain(s.path, rows.Err())
}

// LogsAfter returns what the jobs of a run printed since a piece, in the order in
// which it was stored, at most limit pieces. What was dropped meanwhile is missing.
func (s *Store) LogsAfter(ctx context.Context, run string, after int64, limit int) (out []LogPiece, err error) {
	rows, err := s.read.QueryContext(ctx, `SELECT p.id, l.host, l.job, p.start, p.data FROM job_log_pieces p JOIN job_logs l ON l.id = p.log
		WHERE p.id > ? AND l.run = ? ORDER BY p.id LIMIT ?`, after, run, limit)
	if err != nil {
		return nil, explain(s.path, err)
	}
	defer func() { err = errors.Join(err, explain(s.path, rows.Close())) }()
	for rows.Next() {
		p := LogPiece{Run: run}
		if err := rows.Scan(&p.ID, &p.Host, &p.Job, &p.Start, &p.Data); err != nil {
			return nil, explain(s.path, err)
		}
		out = append(out, p)
	}
	return out, explain(s.path, rows.Err())
}

// EventsAfter returns the events of a run that follow on one, in their order, at
// most limit: for whoever follows a run of another process.
func (s *Store) EventsAfter(ctx context.Context, run string, seq int64, limit int) ([]journal.Event, error) {
	return s.events(ctx, `SELECT seq, run, at, host, type, v, data FROM events WHERE run = ? AND seq > ? ORDER BY seq LIMIT ?`, run, seq, limit)
}
