package main

import (
	"context"
	"os"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"patchwave/engine/journal"
)

// fullScreen reports whether a run can be shown on a whole screen: standard output
// is a terminal that can be drawn on.
func (a *app) fullScreen() bool {
	t, _ := a.env("TERM")
	return isTerminal(a.out) && t != "dumb" && t != ""
}

// watchScreen shows a run on the whole screen. left says that the operator went away
// before it ended.
func (a *app) watchScreen(ctx context.Context, f *follower) (left bool, err error) {
	m := &watcher{app: a, ctx: ctx, f: f, frame: frame{color: a.color(a.out), zone: a.now().Location()}}
	opts := []tea.ProgramOption{tea.WithContext(ctx), tea.WithOutput(a.out), tea.WithoutSignalHandler()}
	if isTerminal(a.in) {
		opts = append(opts, tea.WithInput(a.in))
	} else {
		opts = append(opts, tea.WithInput(nil))
	}
	_, err = tea.NewProgram(m, opts...).Run()
	switch {
	case ctx.Err() != nil:
		return false, context.Cause(ctx)
	case err != nil:
		return false, err
	case m.interrupted:
		a.caught(os.Interrupt)
		return false, context.Canceled
	}
	return m.left, m.err
}

// watcher is the screen: a model of bubbletea.
type watcher struct {
	app   *app
	ctx   context.Context //nolint:containedctx // bubbletea calls without one
	f     *follower
	frame frame
	// log is what the host at which the screen looks printed last.
	log               hostLog
	left, interrupted bool
	err               error
}

// hostLog is the end of what a host printed.
type hostLog struct{ host, text string }

// news is what was read from the database.
type news struct {
	events []journal.Event
	log    hostLog
	// over says that the run was over before the look.
	over bool
	err  error
}

// lookMsg asks for a look into the database.
type lookMsg struct{}

// Init implements tea.Model.
func (w *watcher) Init() tea.Cmd { return w.look() }

// shownLogBytes is how much of a log is read for the screen.
const shownLogBytes = 16 << 10

// look reads in the background; what it read is folded by Update.
func (w *watcher) look() tea.Cmd {
	host := w.frame.host()
	f := *w.f
	state, start := w.f.folder.Run().State, w.f.folder.Run().Start
	return func() tea.Msg {
		over, err := f.over(w.ctx, state, start)
		if err != nil {
			return news{err: err}
		}
		events, err := f.news(w.ctx)
		n := news{events: events, err: err, over: over, log: hostLog{host: host}}
		if err != nil || host == "" {
			return n
		}
		logs, err := f.store.JobLogs(w.ctx, f.id, host, shownLogBytes)
		if err != nil {
			n.err = err
		} else if len(logs) > 0 {
			n.log.text = string(logs[len(logs)-1].Text)
		}
		return n
	}
}

// Update implements tea.Model.
func (w *watcher) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		w.frame.width, w.frame.height = msg.Width, msg.Height
	case tea.KeyPressMsg:
		return w, w.key(msg.String())
	case lookMsg:
		return w, w.look()
	case news:
		return w, w.took(msg)
	}
	return w, nil
}

// took folds what was read and asks for the next look, or ends.
func (w *watcher) took(n news) tea.Cmd {
	w.log = n.log
	if n.err == nil {
		n.err = w.f.take(n.events, func(journal.Event, *journal.Run) {})
	}
	w.frame.run = w.f.folder.Run()
	switch {
	case n.err != nil:
		w.err = n.err
		return tea.Quit
	case len(n.events) == atOnce:
		return w.look()
	case len(n.events) == 0 && n.over:
		return tea.Quit
	}
	return tea.Tick(w.app.lookEvery(), func(time.Time) tea.Msg { return lookMsg{} })
}

func (w *watcher) key(key string) tea.Cmd {
	switch key {
	case "q":
		w.left = true
		return tea.Quit
	case "ctrl+c":
		w.interrupted = true
		return tea.Quit
	case "ctrl+z":
		return tea.Suspend
	case "up", "k":
		w.frame.move(-1)
	case "down", "j":
		w.frame.move(1)
	case "esc":
		w.frame.chosen = ""
	}
	return nil
}

// View implements tea.Model.
func (w *watcher) View() tea.View {
	f := w.frame
	f.now = w.app.now()
	f.log = w.shownLog()
	v := tea.NewView(strings.Join(f.lines(), "\n"))
	v.AltScreen = true
	return v
}

// shownLog is the log of the host at which the screen looks: as it was read while
// the job ran, or that of the last outcome.
func (w *watcher) shownLog() string {
	host := w.frame.host()
	if w.log.host == host && w.log.text != "" {
		return w.log.text
	}
	h := w.f.folder.Host(host)
	if h == nil {
		return ""
	}
	for i := len(h.Jobs) - 1; i >= 0; i-- {
		if o := h.Jobs[i].Outcome; o != nil && o.Log != "" {
			return o.Log
		}
	}
	return ""
}
