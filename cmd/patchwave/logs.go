package main

import (
	"context"

	"patchwave/engine/journal"
	"patchwave/engine/run"
	"patchwave/engine/store"
)

// keepLogs stores what jobs print while an engine is at work; the function that it
// returns ends that.
func (a *app) keepLogs(st *store.Store, engine *run.Engine, id string) func() {
	logs := st.KeepLogs(id, a.poll()/2)
	notify := engine.Notify
	engine.Printed = logs.Printed
	engine.Notify = func(e journal.Event, r *journal.Run) {
		notify(e, r)
		logs.Event(e)
	}
	return func() {
		if err := logs.Close(); err != nil { // the outcomes in the journal have their own
			a.say("what the hosts printed could not be kept whole: %v", err)
		}
	}
}

// logsOfHost returns what is known of what the jobs of a host printed, with the
// outcome of those that have one. Where the journal has less than was read while the
// job ran, that is taken.
func logsOfHost(ctx context.Context, st *store.Store, id string, h *journal.Host) ([]logDoc, error) {
	live, err := st.JobLogs(ctx, id, h.Name, 0)
	if err != nil {
		return nil, err
	}
	text := map[string]string{}
	for _, l := range live {
		text[l.Job] = string(l.Text)
	}
	var out []logDoc
	for _, j := range h.Jobs {
		d := logDoc{Host: h.Name, Job: j.ID, Step: j.Step, Log: text[j.ID]}
		if o := j.Outcome; o != nil {
			rc := o.RC
			d.RC = &rc
			if len(o.Log) > len(d.Log) {
				d.Log = o.Log
			}
		}
		if d.RC != nil || d.Log != "" {
			out = append(out, d)
		}
	}
	return out, nil
}
