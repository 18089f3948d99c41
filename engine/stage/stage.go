package stage

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/framing"
	"patchwave/connectors/wrap"
	"patchwave/engine/job"
	"patchwave/engine/updates"
	"patchwave/inventory"
)

// Host is what is to be downloaded on a host.
type Host struct {
	Name    string
	Target  connectors.Target
	Manager updates.Manager
	Changes []updates.Change
	// Download is in bytes, 0 if unknown.
	Download int64
	// DiskFree are the bytes that must stay free, by path.
	DiskFree map[string]int64
	// Old says that the old packages are to be fetched too, for the restore point.
	Old bool
	// Args are further arguments of the script: those of policies.Policy.Arguments.
	Args map[string]string
}

// Result is what came of a host.
type Result struct {
	Host string
	// Staged of Total versions are there.
	Staged, Total int
	// Problem is nil if all are.
	Problem *inventory.Problem
}

// Stager downloads. Its fields are not changed while it works.
type Stager struct {
	Dialer connectors.Dialer
	// Places bounds how many hosts download at once (see wrap.NewTurn); nothing is
	// dialled by it.
	Places connectors.Dialer
	Now    func() time.Time
	// Run is the staging's id, which begins with job.StagePrefix; Fence the number of
	// its lease, and Controller the id of the database.
	Controller, Run string
	Fence           int64
	// Until is when the window opens: nothing is done from then on.
	Until time.Time
	// Poll is the first pause between two looks at a job; 0 means two seconds.
	Poll time.Duration
}

// Step is the name of the step in the ids of jobs.
const Step = "stage"

// Stage downloads on hosts and tells what came of each, one at a time. With the end
// of ctx it lets go: what has begun on the hosts goes on there, and the same call
// finds it again. Hosts that it let go of, and those of which done returned an error,
// have no result.
func (s *Stager) Stage(ctx context.Context, hosts []Host, done func(Result) error) error {
	whole, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	bounded, stop := context.WithTimeoutCause(whole, s.Until.Sub(s.Now()), errOpen)
	defer stop()
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, h := range hosts {
		wg.Go(func() {
			tell := func(r Result) error {
				mu.Lock()
				defer mu.Unlock()
				if err := done(r); err != nil {
					cancel(err)
					return err
				}
				return nil
			}
			s.host(bounded, h, tell)
		})
	}
	wg.Wait()
	if ctx.Err() == nil && whole.Err() != nil {
		return context.Cause(whole)
	}
	return nil
}

var errOpen = errors.New("the window opens")

// host tries until there is a result, the window opens, or ctx ends.
func (s *Stager) host(ctx context.Context, h Host, tell func(Result) error) {
	t := &try{Stager: s, host: h, last: Result{Host: h.Name, Total: total(h.Changes)}}
	turn := wrap.NewTurn(s.Places, h.Target)
	if turn.Take(ctx) == nil {
		defer turn.Give()
		for t.round = 1; ; t.round++ {
			over, wait := t.once(ctx, tell)
			if over || ctx.Err() != nil || connectors.Pause(ctx, wait) != nil {
				break
			}
		}
	}
	if t.told || !errors.Is(context.Cause(ctx), errOpen) {
		return
	}
	if t.last.Problem == nil {
		t.last.Problem = problem(connectors.CodeTimeout, "the download was not done when the window opened")
	}
	_ = tell(t.last) // an error ends the staging
}

// try is the work on one host.
type try struct {
	*Stager
	host  Host
	round int
	// last is what is told if nothing else comes.
	last Result
	told bool
}

// retryEvery is the pause before a host is tried again, in polls: five minutes.
const retryEvery = 150

// once works one job to its end. It reports whether the host has its result, and
// else how long to wait before the next one.
func (t *try) once(ctx context.Context, tell func(Result) error) (over bool, wait time.Duration) {
	wait = retryEvery * t.poll()
	id := job.ID{Run: t.Run, Host: t.host.Name, Step: Step, Round: t.round}
	s, log, err := t.work(ctx, id)
	switch {
	case ctx.Err() != nil:
		return false, 0
	case err != nil && passing(err):
		t.last.Problem = problemOf(err)
		return false, wait
	case err != nil:
		t.last.Problem = problemOf(err)
	case s.State == job.Collected: // an earlier process has seen its end, and tried again
		return false, 0
	case s.State != job.Done:
		t.last.Problem = problem(connectors.CodeLost, "the download vanished without a result")
	case slices.Contains([]int{job.RCHostLock, job.RCClaim, job.RCBoot}, s.RC):
		t.last.Problem = problem(connectors.CodeLocked, "another job works on this host")
		t.tidy(ctx, id)
		return false, wait
	default:
		r := Parse(framing.ParseLog(job.Nonce(id), log), t.host)
		t.last = r.Result
		if r.Yielded {
			t.tidy(ctx, id)
			return false, wait
		}
	}
	if err := tell(t.last); err == nil {
		t.told = true
		t.tidy(ctx, id)
	}
	return true, 0
}

// work starts the job, or finds it, and looks after it to its end.
func (t *try) work(ctx context.Context, id job.ID) (job.Status, []byte, error) {
	// it ends a little before the window opens, so that it is off the host by then
	left := time.Until(deadline(ctx))
	limit := max(left-time.Minute, left/2)
	speaks := t.host.Manager.Shell().Dialect
	args := map[string]string{"changes": updates.ChangeLines(t.host.Changes), "lock_wait": "300", "size": strconv.FormatInt(t.host.Download, 10),
		"mounts": mounts(speaks, t.host.DiskFree), "limit": strconv.Itoa(int(limit / time.Second)), "yield": id.YieldFile(speaks, "")}
	if t.host.Old {
		args["ahead"] = updates.Ahead
	}
	maps.Copy(args, t.host.Args)
	var s job.Status
	err := t.with(ctx, left, func(c job.Client) (err error) {
		if err = c.Set(ctx); err == nil {
			s, err = c.Start(ctx, id, updates.StageScript(t.host.Manager), args)
		}
		return err
	})
	if err != nil || s.State == job.Collected {
		return s, nil, err
	}
	var log []byte
	for wait := t.poll(); ; wait = min(2*wait, 30*t.poll()) {
		if err := connectors.Pause(ctx, wait); err != nil {
			return s, log, err
		}
		err := t.with(ctx, left, func(c job.Client) error {
			now, piece, err := c.Poll(ctx, id, int64(len(log)))
			if err == nil {
				s, log = now, append(log, piece...)
			}
			return err
		})
		switch {
		case err != nil && !passing(err):
			return s, log, err
		case err == nil && s.Ended() && (int64(len(log)) >= s.Size || len(log) >= maxLog):
			return s, log, nil
		}
	}
}

// maxLog bounds what is read of a job's log, in bytes.
const maxLog = 1 << 20

// tidy takes the job and the claim off the host. What it cannot take is forgotten
// there by itself.
func (t *try) tidy(ctx context.Context, id job.ID) {
	_ = t.with(ctx, time.Minute, func(c job.Client) error {
		return errors.Join(c.Discard(ctx, id), c.Release(ctx))
	})
}

// with asks the host something on a connection of its own; the claim then stands for
// as long as ttl.
func (t *try) with(ctx context.Context, ttl time.Duration, ask func(job.Client) error) error {
	session, err := t.Dialer.Dial(ctx, t.host.Target)
	if err != nil {
		return err
	}
	err = ask(job.Client{Session: session, Host: t.host.Name, Become: true,
		Claim: job.Claim{Controller: t.Controller, Run: t.Run, Fence: t.Fence, TTL: max(ttl, job.DefaultTTL)}})
	_ = session.Close() // all that was asked has been answered
	return err
}

func (s *Stager) poll() time.Duration {
	if s.Poll <= 0 {
		return 2 * time.Second
	}
	return s.Poll
}

// deadline is that of ctx, which has one.
func deadline(ctx context.Context) time.Time {
	at, _ := ctx.Deadline()
	return at
}

// passing reports whether it is worth while to try again later: somebody else works
// on the host, or it cannot be reached.
func passing(err error) bool {
	switch connectors.CodeOf(err) {
	case connectors.CodeLocked, connectors.CodeUnreachable, connectors.CodeLost, connectors.CodeTimeout:
		return true
	default:
		return false
	}
}

var drive = regexp.MustCompile(`^[A-Za-z]:\\?$`)

// mounts are the paths that must keep some space, as stage.sh and stage.ps1 read
// them: below the root, or drives.
func mounts(d connectors.Dialect, free map[string]int64) string {
	var rows []string
	for path, bytes := range free {
		fits := strings.HasPrefix(path, "/") && !strings.ContainsAny(path, "\t\n")
		if d == connectors.DialectPowerShell {
			fits = drive.MatchString(path)
		}
		if fits {
			rows = append(rows, fmt.Sprintf("%d\t%s", (bytes+1023)>>10, path))
		}
	}
	slices.Sort(rows)
	return strings.Join(rows, "\n")
}
