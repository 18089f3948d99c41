package run

import (
	"context"
	"fmt"
	"hash/crc32"
	"slices"

	"patchwave/connectors"
	"patchwave/engine/job"
	"patchwave/engine/journal"
	"patchwave/engine/restore"
)

// prunePoints removes the points of this host that need not stay. Each is journaled
// before and after, so that a resume knows what the run itself has removed. What goes
// wrong is told by what it returns and keeps no host from its end; the next run finds
// them again. The error is of the journal.
func (m *machine) prunePoints(ctx context.Context) ([]entry, error) {
	used := m.rec.host(m.name).Point
	if used == nil || used.Tag == "" || m.goal() == journal.Lost {
		return nil, nil
	}
	p := m.provider(used.Provider)
	if p == nil || p.Scope().Kept {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, pointDoLimit)
	defer cancel()
	said, err := m.askPoint(ctx, p, restore.OpList, restore.Point{Host: m.host})
	if err != nil || said.Why != "" {
		return nil, nil // it cannot be asked now
	}
	mine, known, err := m.removable(ctx, said.Points)
	if err != nil {
		return []entry{m.note("restore points that are no longer needed were not removed: " + err.Error())}, nil
	}
	if err := m.tellRemoved(ctx, used.Provider, said.Points, known); err != nil {
		return nil, err
	}
	keep, expire := m.retention()
	var left []string
	for _, old := range restore.Beyond(mine, keep, expire, m.engine.Now(), used.Tag) {
		if err := m.rec.add(ctx, m.removal(m.removalID(old.Tag), p)); err != nil {
			return nil, err
		}
		gone, err := m.askPoint(ctx, p, restore.OpRemove, restore.Point{Tag: old.Tag, ID: old.ID, Host: m.host})
		if err != nil {
			return nil, nil // the host is not there: its claim cannot be given back either, which is told
		}
		if gone.State != restore.Removed && gone.State != restore.Absent {
			left = append(left, old.Tag+" ("+saidWhy(gone, string(gone.State))+")")
			continue
		}
		if err := m.rec.add(ctx, m.letGo(used.Provider, old.Tag, known)); err != nil {
			return nil, err
		}
	}
	if len(left) == 0 {
		return nil, nil
	}
	return []entry{m.note("restore points that are no longer needed could not be removed: " + list(left))}, nil
}

// removalID names the removal of a point beside a run's own work. It is no job of the
// host; the number is the tag's.
func (m *machine) removalID(tag string) job.ID {
	return m.jobID(StepPrune, int(crc32.ChecksumIEEE([]byte(tag))&0x7fffffff))
}

// tellRemoved journals what this run had begun to remove when it was interrupted, and
// what is no longer there.
func (m *machine) tellRemoved(ctx context.Context, provider string, there []restore.Listed, known map[string]string) error {
	var out []entry
	gone := m.rec.host(m.name).Gone
	for tag := range known {
		_, begun := m.begun(m.removalID(tag))
		if begun && !slices.ContainsFunc(there, func(l restore.Listed) bool { return l.Tag == tag }) &&
			!slices.ContainsFunc(gone, func(g journal.PointGoneData) bool { return g.Tag == tag }) {
			out = append(out, m.letGo(provider, tag, known))
		}
	}
	if len(out) == 0 {
		return nil
	}
	return m.rec.add(ctx, out...)
}

// letGo is a point that was removed because it was beyond what the policy keeps.
func (m *machine) letGo(provider, tag string, known map[string]string) entry {
	d := journal.PointGoneData{Provider: provider, Tag: tag, State: journal.PointRemoved, Why: "beyond what the policy keeps"}
	if of := known[tag]; of != "" { // else the tag says enough
		d.Run, d.ID = of, of+"/"+provider
	}
	return entry{m.name, journal.PointGone, d}
}

// origin sets what the tags of the run's points have of the controller. A run that is
// gone on with stays by what it began with: points may have been made already.
func (r *runner) origin() {
	r.work.Start.Origin = restore.Origin(r.engine.Controller)
	if len(r.work.Past) > 0 {
		r.work.Start.Origin = r.rec.folder.Run().Start.Origin
	}
}

// removable narrows the points that a run removes beside its own work to those that the
// journal says are of ended runs of this controller. known are their runs, by tag.
func (m *machine) removable(ctx context.Context, points []restore.Listed) (mine []restore.Listed, known map[string]string, err error) {
	if m.work.Removable == nil {
		return points, nil, nil
	}
	if known, err = m.work.Removable(ctx, m.name); err != nil {
		return nil, nil, fmt.Errorf("look which restore points of %s are whose: %w", m.name, err)
	}
	return slices.DeleteFunc(slices.Clone(points), func(l restore.Listed) bool {
		return known[l.Tag] == "" && l.Tag != m.rec.host(m.name).Point.Tag
	}), known, nil
}

// removal is the intent of removing a point: a command, on the host too, that may be
// given again.
func (m *machine) removal(id job.ID, p restore.Provider) entry {
	e := m.intent(id)
	if data, ok := e.data.(journal.JobIntentData); ok {
		data.Where = string(p.Place())
		e.data = data
	}
	return e
}

func codeOr(code string) connectors.Code {
	if code == "" {
		return connectors.CodeExit
	}
	return connectors.Code(code)
}
