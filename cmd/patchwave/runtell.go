package main

import (
	"context"

	"patchwave/engine/notify"
	"patchwave/engine/store"
)

// tell does what is due beside the runs: it writes down the notices ahead of openings
// and delivers what earlier processes could not. Where there is neither it costs a
// few questions to the database. What goes wrong is told, and keeps no run from
// beginning.
func (a *app) tell(ctx context.Context, s *session) {
	if err := a.remind(ctx, s); err != nil && ctx.Err() == nil {
		a.courier(ctx, s).problem(err.Error())
	}
}

func (a *app) remind(ctx context.Context, s *session) error {
	due, err := a.dueNotices(ctx, s)
	if err != nil {
		return err
	}
	if len(due) > 0 {
		if err := a.withFacts(ctx, s); err != nil {
			return err
		}
		return a.notices(ctx, s, due)
	}
	left, err := s.store.HasPending(ctx, a.now())
	if err != nil {
		return err
	}
	ended, err := s.store.Unannounced(ctx, a.now().Add(-giveUpAfter))
	if left || len(ended) > 0 {
		a.courier(ctx, s)
	}
	return err
}

// toldOfOpenings are the messages about occurrences that ended without a launch.
func (a *app) toldOfOpenings(s *session, list []store.Occurrence) ([]store.Notification, error) {
	var out []notify.Message
	for _, o := range list {
		event, state := notify.EventSuspended, o.State
		if state == store.OccurrenceMissed {
			event = notify.EventMissed
		}
		out = append(out, notify.OfOpening(notify.Opening{Policy: o.Policy, Window: o.Window, Opens: o.Opens, Closes: o.Closes, Zone: o.Zone,
			State: state, Reason: o.Reason}, event, s.all(), a.now())...)
	}
	return outgoing(out)
}
