package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"patchwave/connectors"
	"patchwave/engine/journal"
	"patchwave/engine/report"
	"patchwave/engine/report/safe"
	"patchwave/engine/run"
	"patchwave/engine/store"
)

// atOnce is how many events or pieces of logs are read at once.
const atOnce = 1000

// follower follows a run that another process carries out: what it reads is what
// that process has made durable.
type follower struct {
	store  *store.Store
	id     string
	folder *journal.Folder
	seq    int64
}

func newFollower(st *store.Store, id string) *follower {
	return &follower{store: st, id: id, folder: journal.NewFolder()}
}

// news reads the events since the last take; it changes nothing.
func (f *follower) news(ctx context.Context) ([]journal.Event, error) {
	return f.store.EventsAfter(ctx, f.id, f.seq, atOnce)
}

// take folds events.
func (f *follower) take(events []journal.Event, shown func(journal.Event, *journal.Run)) error {
	for _, e := range events {
		if err := f.folder.Add(e); err != nil {
			return err
		}
		f.seq = e.Seq
		shown(e, f.folder.Run())
	}
	return nil
}

// over reports whether nothing more will come: the run ended, or nobody works on it.
func (f *follower) over(ctx context.Context, state string, start journal.RunStartedData) (bool, error) {
	if !underWay(state) {
		return true, nil
	}
	return worksNo(ctx, f.store, f.id, start)
}

// underWay reports whether somebody works on a run in this state.
func underWay(state string) bool { return state == "running" || state == "draining" }

// watch follows a run until it ends, and ends with the status of the run.
func (a *app) watch(ctx context.Context, st *store.Store, r *journal.Run, logs bool) error {
	ctx, stop := a.untilSignal(ctx)
	defer stop()
	f := newFollower(st, r.ID)
	var left bool
	var err error
	screen := a.flags.output == "text" && a.fullScreen()
	if screen {
		left, err = a.watchScreen(ctx, f)
	} else {
		err = a.watchLines(ctx, f, logs)
	}
	switch {
	case a.interrupted != 0:
		return exit(a.interrupted)
	case err != nil || left:
		return err
	}
	r, err = loadRun(ctx, st, r.ID)
	if err != nil {
		return err
	}
	doc := report.NewRun("status", r)
	if screen || a.flags.output != "text" {
		err = a.showRun(doc)
	} else {
		err = a.printf("Run %s %s%s\n", r.ID, paint(r.State, stateStyle(r.State), a.color(a.out)), runSums(doc))
	}
	if err != nil {
		return err
	}
	return exit(a.statusOf(r))
}

// statusOf is the exit status of a run that is over.
func (a *app) statusOf(r *journal.Run) int {
	v := report.Judge(r)
	if r.Kind == run.KindRollback {
		v.RolledBack = 0 // that is what was wanted
	}
	return codeOf(v, a.interrupted)
}

// watchLines shows a run as lines on standard output: one an event, or one JSON
// object an event; nothing where the result is one document.
func (a *app) watchLines(ctx context.Context, f *follower, logs bool) error {
	l := a.live("status")
	l.to = a.out
	show := l.event
	var printed *logLines
	switch {
	case a.flags.output == "json":
		show = func(journal.Event, *journal.Run) {}
	case logs:
		printed = &logLines{app: a, shown: map[logOf]*shownLog{}}
		show = func(e journal.Event, r *journal.Run) {
			printed.event(e)
			l.event(e, r)
		}
	}
	for {
		r := f.folder.Run()
		over, err := f.over(ctx, r.State, r.Start) // before the look: the last events may come just before the end
		if err != nil {
			return err
		}
		events, err := f.news(ctx)
		if err != nil {
			return err
		}
		if printed != nil { // what was printed comes before the event that says how it ended
			if err := printed.read(ctx, f); err != nil {
				return err
			}
		}
		if err := f.take(events, show); err != nil {
			return err
		}
		if l.err != nil {
			return l.err
		}
		if len(events) == 0 && over {
			return nil
		}
		if len(events) < atOnce {
			if err := connectors.Pause(ctx, a.lookEvery()); err != nil {
				return err
			}
		}
	}
}

// lookEvery is the pause between two looks into the database.
func (a *app) lookEvery() time.Duration { return a.poll() / 4 }

// logOf is a job whose log is shown.
type logOf struct{ host, job string }

// shownLog is how far a log was shown, and the line that is not whole yet.
type shownLog struct {
	end  int64
	line []byte
}

// logLines shows what jobs print, one line after the other with the host before it.
type logLines struct {
	app   *app
	shown map[logOf]*shownLog
	after int64
}

// read shows what is new in the database.
func (l *logLines) read(ctx context.Context, f *follower) error {
	for {
		pieces, err := f.store.LogsAfter(ctx, f.id, l.after, atOnce)
		if err != nil {
			return err
		}
		for _, p := range pieces {
			l.after = p.ID
			if err := l.text(logOf{p.Host, p.Job}, p.Start, p.Data); err != nil {
				return err
			}
		}
		if len(pieces) < atOnce {
			return nil
		}
	}
}

// event shows what is left of a job that ended: its outcome has the log.
func (l *logLines) event(e journal.Event) {
	if e.Type != journal.JobOutcome {
		return
	}
	d, err := journal.Decode[journal.JobOutcomeData](e)
	if err != nil {
		return
	}
	of := logOf{e.Host, d.ID}
	// what cannot be shown does not end the watch: the next event will
	_ = l.text(of, 0, []byte(d.Log))
	if s := l.shown[of]; s != nil && len(s.line) > 0 {
		_ = l.line(of, s.line) // as above
	}
	delete(l.shown, of)
}

// text shows the whole lines of what a job printed, from start on, that were not
// shown before.
func (l *logLines) text(of logOf, start int64, data []byte) error {
	s := l.shown[of]
	if s == nil {
		s = &shownLog{}
		l.shown[of] = s
	}
	end := start + int64(len(data))
	if end <= s.end {
		return nil
	}
	if start < s.end {
		data = data[s.end-start:]
	}
	s.end = end
	lines := strings.SplitAfter(string(append(s.line, data...)), "\n")
	last := len(lines) - 1
	s.line = []byte(lines[last])
	for _, line := range lines[:last] {
		if err := l.line(of, []byte(strings.TrimSuffix(line, "\n"))); err != nil {
			return err
		}
	}
	return nil
}

// line shows one line of a host.
func (l *logLines) line(of logOf, line []byte) error {
	if l.app.flags.output == "jsonl" {
		return l.app.json(struct {
			Schema string `json:"schema"`
			Event  string `json:"event"`
			Host   string `json:"host"`
			Job    string `json:"job"`
			Line   string `json:"line"`
		}{"patchwave/status/v1", "log", of.host, of.job, strings.ToValidUTF8(string(line), "\ufffd")})
	}
	text := logText(lastPart(string(line)))
	if text == "" {
		return nil
	}
	_, err := io.WriteString(l.app.out, safe.Text(of.host)+" | "+safe.Text(text)+"\n")
	return err
}

// lastPart is what a line of a terminal shows that was drawn anew with carriage
// returns.
func lastPart(line string) string {
	line = strings.TrimRight(line, "\r")
	return line[strings.LastIndexByte(line, '\r')+1:]
}

// tailOf is the last lines of what a host printed, as they may be shown.
func tailOf(log string, lines int) []string {
	var out []string
	for _, line := range slices.Backward(strings.Split(strings.TrimRight(log, "\n"), "\n")) {
		if len(out) == lines {
			break
		}
		if text := logText(lastPart(line)); text != "" {
			out = append(out, safe.Text(text))
		}
	}
	slices.Reverse(out)
	return out
}

// since says how long something has lasted, to the second.
func since(d time.Duration) string {
	d = max(0, d).Round(time.Second)
	if d < time.Minute {
		return fmt.Sprintf("%ds", int(d.Seconds()))
	}
	if d < time.Hour {
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
}
