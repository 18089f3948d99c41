package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"patchwave/engine/coord"
	"patchwave/engine/journal"
	"patchwave/engine/report"
	"patchwave/engine/store"
	"patchwave/policies/agenda"
)

func (a *app) runCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "run", Short: "Do what is due at this minute; what the systemd timer calls", GroupID: "daily",
		Long: "First it goes on with runs that were interrupted. Then it launches the policies whose turn in an open window\n" +
			"has come, each at most once an opening, and goes on with rollouts: with the wave after a soak, with what the\n" +
			"last opening left no time for, with hosts that are back. A policy whose window closed without it is recorded\n" +
			"as missed. Where several are due they are done in their order; while one is at work, those are launched whose\n" +
			"gap has passed. With nothing due it says nothing and ends with status 0; status 11 says that another process\n" +
			"is at work on what is due.",
		Example: "  patchwave run\n  patchwave run --lock-timeout 30m -o jsonl",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if a.flags.limit != "" || a.flags.where != "" {
				return usage("run does what is due and takes no selector: leave out --limit and --where, or use `patchwave apply`")
			}
			return a.run(cmd.Context())
		},
	}
	a.metricsFlag(cmd)
	a.lockFlags(cmd)
	return cmd
}

// run looks with what costs little, and does what is due only then.
func (a *app) run(ctx context.Context) error {
	s, err := a.openLight(ctx)
	if err != nil {
		return err
	}
	n, err := newNight(a, s).look(ctx)
	if err == nil && !n.anything() {
		if err = a.settleNight(ctx, s, n); err == nil {
			a.tell(ctx, s)
		}
	}
	if err = errors.Join(err, s.Close()); err != nil || !n.anything() {
		return err
	}
	b := *a // several runs may speak at once
	var mu sync.Mutex
	b.out, b.err = oneAtATime(a.out, &mu), oneAtATime(a.err, &mu)
	b.sources = b.freshSources(ctx)
	if s, err = b.open(ctx, create); err != nil {
		return err
	}
	b.tell(ctx, s)
	code, err := newNight(&b, s).work(ctx)
	a.interrupted = b.interrupted
	if err = errors.Join(err, s.Close()); err != nil {
		return err
	}
	return exit(code)
}

// openLight opens what is needed to know whether anything is due: the facts of
// hosts are read only where a window opens by the hosts' own time.
func (a *app) openLight(ctx context.Context) (*session, error) {
	cfg, err := a.mustLoad()
	if err != nil {
		return nil, err
	}
	if err := a.checkMetricsFile(); err != nil {
		return nil, err
	}
	s := &session{cfg: cfg, log: a.logger(), tell: a.say}
	if s.store, err = a.openStore(ctx, cfg, create); err != nil {
		return nil, err
	}
	if err = a.resolve(s); err == nil && hostLocal(s) {
		if s.seen, err = s.store.Seen(ctx); err == nil {
			err = a.resolve(s)
		}
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func hostLocal(s *session) bool {
	for _, p := range s.all() {
		if p.Window != nil && p.Window.Zone == nil {
			return true
		}
	}
	return false
}

// oneAtATime lets several goroutines write to w. A terminal stays one: what is
// written to it at once stays together by itself.
func oneAtATime(w io.Writer, mu *sync.Mutex) io.Writer {
	if isTerminal(w) {
		return w
	}
	return &locked{w, mu}
}

type locked struct {
	w  io.Writer
	mu *sync.Mutex
}

// Write implements io.Writer.
func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// night is one invocation of run at work.
type night struct {
	app   *app
	s     *session
	drain <-chan struct{}

	mu sync.Mutex
	// busy are the policies that are worked on here, tried the occurrences whose late
	// hosts were looked for, and when.
	busy  map[string]bool
	tried map[agenda.Occurrence]time.Time
	// own are the runs that this process works on.
	own map[string]bool
	// refused are the interrupted runs that cannot be gone on with.
	refused map[string]bool
	// given are the occurrences that this process has begun with, ahead those for
	// which it has begun to download.
	given  map[agenda.Occurrence]bool
	ahead  map[agenda.Occurrence]bool
	keeper *coord.Keeper
	over   chan struct{}
	going  int
	doc    nightDoc
	codes  []int
}

func newNight(a *app, s *session) *night {
	return &night{app: a, s: s, busy: map[string]bool{}, own: map[string]bool{}, tried: map[agenda.Occurrence]time.Time{}, refused: map[string]bool{}, given: map[agenda.Occurrence]bool{},
		ahead: map[agenda.Occurrence]bool{},
		over:  make(chan struct{}, 1)}
}

// lookAgain is how long is waited at most, while something is at work, until the
// next look at what is due.
const lookAgain = time.Minute

// work does what is due, looks again whenever something has ended or may be due,
// and returns the exit status when nothing is at work any more.
func (n *night) work(ctx context.Context) (int, error) {
	a := n.app
	ctx, drain, stop := a.drain(ctx, "RUN")
	defer stop()
	n.drain = drain
	n.keeper = coord.NewKeeper(n.s.store.Leases(), a.leaseOwner(""), coord.Options{Now: a.now, Every: a.leasing.every})
	n.loop(ctx)
	n.mu.Lock()
	defer n.mu.Unlock()
	return worst(append(n.codes, exitOK)...), errors.Join(n.keeper.Close(ctx), a.showNight(n.doc))
}

// loop is the work itself.
func (n *night) loop(ctx context.Context) {
	a := n.app
	for {
		d, err := n.look(ctx)
		if err == nil {
			err = a.settleNight(ctx, n.s, d)
		}
		if err != nil {
			n.failed(err)
		} else {
			n.begin(ctx, d)
		}
		if !n.wait(ctx, d, err != nil) {
			return
		}
	}
}

// wait returns true when it is worth while to look again, and false when nothing is
// at work or nothing more is to be begun.
func (n *night) wait(ctx context.Context, d *due, broken bool) bool {
	t := time.NewTimer(n.pause(d))
	defer t.Stop()
	if !n.idle() && !broken && !n.draining(ctx) {
		select {
		case <-n.over:
			return true
		case <-t.C:
			return true
		case <-n.drain:
		case <-ctx.Done():
		}
	}
	for !n.idle() {
		<-n.over
	}
	select {
	case <-n.over: // what has ended may have been waited for
		return !broken && !n.draining(ctx)
	default:
		return false
	}
}

// pause is how long nothing can become due.
func (n *night) pause(d *due) time.Duration {
	if d == nil || d.outlook.Next.IsZero() {
		return lookAgain
	}
	return min(lookAgain, max(time.Second, d.outlook.Next.Sub(n.app.now())))
}

func (n *night) idle() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.going == 0
}

func (n *night) draining(ctx context.Context) bool {
	select {
	case <-n.drain:
		return true
	case <-ctx.Done():
		return true
	default:
		return false
	}
}

// goOn runs tasks one after the other, for policies that are busy until then.
func (n *night) goOn(pols []string, tasks ...func() error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, p := range pols {
		n.busy[p] = true
	}
	n.going++
	go func() {
		for _, t := range tasks {
			if err := t(); err != nil {
				n.failed(err)
			}
		}
		n.mu.Lock()
		n.going--
		for _, p := range pols {
			delete(n.busy, p)
		}
		n.mu.Unlock()
		select {
		case n.over <- struct{}{}:
		default:
		}
	}()
}

// failed tells an error and keeps its status.
func (n *night) failed(err error) {
	code := n.app.finish(err)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.codes = append(n.codes, code)
}

// ended shows a run that is over for now and keeps its status. One that is locked
// has left hosts to another run.
func (n *night) ended(ctx context.Context, r *journal.Run, locked bool) error {
	n.app.runEnded(ctx, n.s, r)
	n.mu.Lock()
	defer n.mu.Unlock()
	code := codeOf(report.Judge(r), n.app.interrupted)
	if locked && code == exitInterrupted {
		code = exitLocked
	}
	n.codes = append(n.codes, code)
	doc := report.NewRun("run", r)
	n.doc.add(doc)
	if n.app.flags.output == "json" {
		return nil // one document, at the end
	}
	return n.app.showRun(doc)
}

// recorded keeps an occurrence for the document.
func (n *night) recorded(o store.Occurrence) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.doc.occurrence(o)
}

// isBusy reports whether one of some policies is worked on here.
func (n *night) isBusy(pols ...string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.ContainsFunc(pols, func(p string) bool { return n.busy[p] })
}

// planning is a context that ends with the first signal: nothing has begun.
func (n *night) planning(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-n.drain:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// nightDoc is the document of run: that of apply for the first of its runs, and
// all of them.
type nightDoc struct {
	report.Run
	Runs        []nightRun      `json:"runs"`
	Occurrences []occurrenceDoc `json:"occurrences"`
}

// nightRun is one run in it.
type nightRun struct {
	Run    *journal.Run    `json:"run"`
	Hosts  []*journal.Host `json:"hosts"`
	Totals map[string]int  `json:"totals"`
}

// occurrenceDoc is one policy in one opening, as this invocation left it.
type occurrenceDoc struct {
	Policy  string    `json:"policy"`
	Window  string    `json:"window"`
	Opens   time.Time `json:"opens"`
	Closes  time.Time `json:"closes"`
	State   string    `json:"state"`
	Reason  string    `json:"reason"`
	Run     string    `json:"run"`
	Rollout string    `json:"rollout"`
}

func newOccurrenceDoc(o store.Occurrence) occurrenceDoc {
	return occurrenceDoc{o.Policy, o.Window, o.Opens.UTC(), o.Closes.UTC(), o.State, o.Reason, o.Run, o.Rollout}
}

// add takes a run in, once: a run that was gone on with takes its own place.
func (d *nightDoc) add(r report.Run) {
	one := nightRun{r.Run, r.Hosts, r.Totals}
	if i := slices.IndexFunc(d.Runs, func(x nightRun) bool { return x.Run.ID == r.Run.ID }); i >= 0 {
		d.Runs[i] = one
	} else {
		d.Runs = append(d.Runs, one)
	}
	d.Run = report.Run{Schema: r.Schema, Run: d.Runs[0].Run, Hosts: d.Runs[0].Hosts, Totals: d.Runs[0].Totals}
}

func (d *nightDoc) occurrence(o store.Occurrence) {
	one := newOccurrenceDoc(o)
	same := func(x occurrenceDoc) bool {
		return cmp.Or(cmp.Compare(x.Policy, one.Policy), x.Opens.Compare(one.Opens)) == 0 && x.Window == one.Window
	}
	if i := slices.IndexFunc(d.Occurrences, same); i >= 0 {
		d.Occurrences[i] = one
		return
	}
	d.Occurrences = append(d.Occurrences, one)
}

// showNight prints the document, if there is anything to tell.
func (a *app) showNight(d nightDoc) error {
	if a.flags.output != "json" || len(d.Runs)+len(d.Occurrences) == 0 {
		return nil
	}
	if len(d.Runs) == 0 {
		d.Run = report.NewRun("run", &journal.Run{})
		d.Run.Run = nil
		d.Runs = []nightRun{}
	}
	if d.Occurrences == nil {
		d.Occurrences = []occurrenceDoc{}
	}
	return a.json(d)
}
