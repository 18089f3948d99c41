package main

import (
	"context"
	"time"

	"patchwave/engine/journal"
	"patchwave/engine/store"
	"patchwave/policies"
	"patchwave/policies/agenda"
)

// settleEvery is how often is written down when was looked, where nothing has
// closed in between.
const settleEvery = time.Hour

// settleNight records what closed without a launch.
func (a *app) settleNight(ctx context.Context, s *session, d *due) error {
	var ended []store.Occurrence
	for _, l := range d.outlook.Missed {
		o := occurrenceOf(l)
		o.State, o.Reason, o.Finished = store.OccurrenceMissed, "nothing was launched before the window closed", d.at
		ended = append(ended, o)
	}
	for _, l := range d.outlook.Passed {
		ended = append(ended, passed(l, d.at))
	}
	var missed []store.Occurrence
	if len(ended) > 0 || d.looked.IsZero() || d.at.Sub(d.looked) >= settleEvery {
		tell := func(fresh []store.Occurrence) ([]store.Notification, error) { return a.toldOfOpenings(s, fresh) }
		fresh, err := s.store.SettleAndTell(ctx, d.at, tell, ended...)
		if err != nil {
			return err
		}
		if len(fresh) > 0 {
			a.courier(ctx, s).poke()
			s.last = func() { a.writeMetrics(s) }
		}
		for _, o := range fresh {
			if o.State == store.OccurrenceMissed {
				missed = append(missed, o)
			}
		}
	}
	a.missed(s, missed)
	return nil
}

// lapse records an occurrence that was launched and in which nothing was begun.
func (n *night) lapse(ctx context.Context, o store.Occurrence) error {
	reason := "the program was ended before anything was begun"
	if o.Reason != "" {
		reason = o.Reason // why it could not be planned
	}
	o.State, o.Reason, o.Finished, o.Run, o.Rollout = store.OccurrenceMissed, reason, n.app.now(), "", ""
	// told first: a crash in between tells it again, with the same id
	list, err := n.app.toldOfOpenings(n.s, []store.Occurrence{o})
	if err == nil {
		err = n.s.store.Notify(ctx, list...)
	}
	if err == nil {
		err = n.s.store.Update(ctx, o)
	}
	if err != nil {
		return err
	}
	n.app.courier(ctx, n.s).poke()
	n.recorded(o)
	n.app.missed(n.s, []store.Occurrence{o})
	return nil
}

// missed tells of occurrences in which nothing ran.
func (a *app) missed(s *session, missed []store.Occurrence) {
	for _, o := range missed {
		a.say("missed: policy %s in window %s, %s to %s: %s", o.Policy, o.Window,
			o.Opens.In(s.cfg.Zone()).Format("Mon 2006-01-02 15:04"), o.Closes.In(s.cfg.Zone()).Format("15:04 MST"), o.Reason)
	}
}

// occurrenceOf is the record of a launch.
func occurrenceOf(l agenda.Launch) store.Occurrence {
	return store.Occurrence{Policy: l.Policy, Opens: l.Opens, Zone: l.Zone, Window: l.Window, Closes: l.Closes, Launch: l.Launch}
}

// passed is the record of an opening in which a policy was not to be launched.
func passed(l agenda.Launch, at time.Time) store.Occurrence {
	o := occurrenceOf(l)
	o.Reason, o.Finished = l.Reason, at
	switch l.State {
	case policies.OpeningFrozen:
		o.State = store.OccurrenceFrozen
	case policies.OpeningSuspended:
		o.State = store.OccurrenceSuspended
	case policies.OpeningUnattended:
		o.State = store.OccurrenceUnattended
	default:
		o.State = store.OccurrenceMissed // its turn would have come after the close
	}
	return o
}

// runEnded is called whenever run has brought a run as far as it goes now.
func (a *app) runEnded(_ context.Context, s *session, r *journal.Run) {
	s.log.Debug("run ended", "run", r.ID, "state", r.State)
}
