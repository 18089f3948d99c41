package main

import (
	"context"
	"strings"

	"patchwave/engine/journal"
	"patchwave/engine/report"
	"patchwave/engine/report/safe"
	"patchwave/engine/run"
	"patchwave/engine/store"
)

// story tells a run in sentences, one a line.
func (a *app) story(doc reportDoc) string {
	settled := map[string]report.Settled{}
	for _, s := range doc.Settled {
		settled[s.Host] = s
	}
	var b strings.Builder
	for _, line := range report.Story(doc.Run.Run, settled, a.now().Location()) {
		b.WriteString(safe.Text(line) + "\n")
	}
	return b.String()
}

// worthTelling: something happened on the host, or went wrong with it. Of the
// others the table says all there is.
func worthTelling(h *journal.Host) bool {
	switch h.State {
	case journal.Done, journal.Unchanged, journal.Pending, journal.Deferred, journal.Cancelled:
		return false
	case journal.Skipped:
		return h.Fault != nil
	default:
		return true
	}
}

// settled are the lost hosts of a run of which a later scan tells.
func settled(ctx context.Context, st *store.Store, r *journal.Run) ([]report.Settled, error) {
	out := []report.Settled{}
	if settleLost(r) == "" {
		return out, nil
	}
	scans, err := st.Scans(ctx)
	if err != nil {
		return out, err
	}
	for _, h := range r.Hosts {
		if s, ok := report.Settle(h, scans[h.Name]); ok {
			s.Back = r.Kind == run.KindRollback && s.Fault == nil && s.Installed == 0
			out = append(out, s)
		}
	}
	return out, nil
}

// settleLost says what to do about the lost hosts of a run, "" if there are none.
func settleLost(r *journal.Run) string {
	var lost []string
	for _, h := range r.Hosts {
		if h.State == journal.Lost {
			lost = append(lost, h.Name)
		}
	}
	if len(lost) == 0 {
		return ""
	}
	return "; what became of its lost hosts a scan tells: patchwave scan -l " + strings.Join(lost, ",")
}
