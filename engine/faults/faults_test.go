package faults

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"patchwave/connectors"
	"patchwave/engine/journal"
)

func TestParse(t *testing.T) {
	const text = "journal:17:kill-after, remote:1:delay=2s,ask:3:duplicate,journal:2:delay,"
	got, err := Parse(text)
	var words []string
	for _, f := range got {
		words = append(words, f.String())
	}
	if s := strings.Join(words, " "); err != nil || s != "journal:17:kill-after remote:1:delay=2s ask:3:duplicate journal:2:delay=1s" {
		t.Errorf("got %s, %v", s, err)
	}
	for _, bad := range []string{"journal", "journal:1", "disk:1:kill", "journal:0:kill", "journal:x:kill", "journal:1:explode", "journal:1:kill=2s", "remote:1:delay=-1s", "remote:1:delay=x"} {
		if f, err := Parse(bad); err == nil {
			t.Errorf("%q is read as %v", bad, f)
		}
	}
}

// under is what the injector stands before; it counts what comes through.
type under struct{ appends, dials, runs, closes int }

func (u *under) Append(context.Context, ...journal.Event) error { u.appends++; return nil }

func (u *under) Dial(context.Context, connectors.Target) (connectors.Session, error) {
	u.dials++
	return u, nil
}

func (*under) Dialect() connectors.Dialect { return connectors.DialectSh }

func (u *under) Run(context.Context, connectors.Command) (connectors.Result, error) {
	u.runs++
	return connectors.Result{Stdout: []byte("done")}, nil
}

func (u *under) Close() error { u.closes++; return nil }

// died is what die does here.
type died struct{}

// dies reports whether do ended the process.
func dies(do func()) (dead bool) {
	defer func() { dead = recover() == died{} }()
	do()
	return false
}

func injector(t *testing.T, text string) (*Injector, *bytes.Buffer) {
	t.Helper()
	list, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	var trace bytes.Buffer
	return New(list, &trace, func() { panic(died{}) }), &trace
}

// TestJournal: every kind at the second of three writes.
func TestJournal(t *testing.T) {
	for _, tt := range []struct {
		kind           Kind
		appends, acked int
		is             error
		dead           bool
	}{
		{Kill, 1, 1, nil, true}, {KillAfter, 2, 2, nil, true}, {Error, 2, 2, ErrInjected, false}, {ErrorAfter, 3, 3, ErrInjected, false},
		{NoSpace, 2, 2, syscall.ENOSPC, false}, {Delay, 3, 3, nil, false}, {Duplicate, 4, 4, nil, false},
	} {
		t.Run(string(tt.kind), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				u := &under{}
				i, trace := injector(t, "journal:2:"+string(tt.kind)+",remote:1:kill")
				j, begin := i.Journal(u), time.Now()
				var errs [3]error
				dead := dies(func() {
					for n := range errs {
						errs[n] = j.Append(t.Context(), journal.Event{Run: "r1", Type: journal.HostState, Data: json.RawMessage("{}")})
					}
				})
				if dead != tt.dead || u.appends != tt.appends || !errors.Is(errs[1], tt.is) || errs[0] != nil || errs[2] != nil {
					t.Errorf("dead %v, %d writes, %v", dead, u.appends, errs)
				}
				if took := time.Since(begin); (took > 0) != (tt.kind == Delay) {
					t.Errorf("it took %s", took)
				}
				if n := strings.Count(trace.String(), `"acked":true`); n != tt.acked {
					t.Errorf("%d acknowledged:\n%s", n, trace)
				}
			})
		})
	}
}

// TestRemote: every kind at the second of three commands, after the login.
func TestRemote(t *testing.T) {
	for _, tt := range []struct {
		kind Kind
		runs int
		code connectors.Code
		dead bool
	}{
		{Kill, 1, "", true}, {KillAfter, 2, "", true}, {Error, 2, connectors.CodeLost, false}, {ErrorAfter, 3, connectors.CodeLost, false},
		{NoSpace, 2, "", false}, {Delay, 3, "", false}, {Duplicate, 4, "", false},
	} {
		t.Run(string(tt.kind), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				u := &under{}
				i, trace := injector(t, "remote:3:"+string(tt.kind)+",journal:1:kill")
				s, err := i.Dialer(Remote, u).Dial(t.Context(), connectors.Target{Name: "web-1"})
				if err != nil {
					t.Fatal(err)
				}
				var errs [3]error
				var results [3]connectors.Result
				dead := dies(func() {
					for n := range errs {
						results[n], errs[n] = s.Run(t.Context(), connectors.Command{Line: "true"})
					}
				})
				if dead != tt.dead || u.runs != tt.runs || connectors.CodeOf(errs[1]) != tt.code || errs[0] != nil || errs[2] != nil {
					t.Errorf("dead %v, %d commands, %v", dead, u.runs, errs)
				}
				if lost := tt.code != ""; lost != (u.closes == 1) || (lost && results[1].Stdout != nil) {
					t.Errorf("closed %d times, answer %q", u.closes, results[1].Stdout)
				}
				if full := strings.Contains(string(results[1].Stderr), "No space left"); full != (tt.kind == NoSpace) {
					t.Errorf("the host says %q", results[1].Stderr)
				}
				if n := strings.Count(trace.String(), `"host":"web-1"`); !dead && n != 4 {
					t.Errorf("%d steps in the trace:\n%s", n, trace)
				}
			})
		})
	}
}

// TestDial: a login that fails, and one whose answer is lost or that comes twice,
// leaves no session open.
func TestDial(t *testing.T) {
	for _, tt := range []struct {
		kind          Kind
		dials, closes int
		ok            bool
	}{
		{Error, 0, 0, false}, {ErrorAfter, 1, 1, false}, {NoSpace, 0, 0, false}, {Duplicate, 2, 1, true}, {Delay, 1, 0, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			u := &under{}
			i, _ := injector(t, "remote:1:"+string(tt.kind))
			s, err := i.Dialer(Remote, u).Dial(t.Context(), connectors.Target{Name: "web-1"})
			if (err == nil) != tt.ok || (s != nil) != tt.ok || u.dials != tt.dials || u.closes != tt.closes {
				t.Errorf("%s: %d logins, %d closed, %v", tt.kind, u.dials, u.closes, err)
			}
			if !tt.ok && connectors.CodeOf(err) != connectors.CodeUnreachable {
				t.Errorf("%s: %v", tt.kind, err)
			}
		})
	}
}

// full cannot be written.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

// TestNoTraceNoStep: a step that cannot be traced is not done, or a trial would
// judge without it.
func TestNoTraceNoStep(t *testing.T) {
	u := &under{}
	i := New(nil, full{}, nil)
	if err := i.Journal(u).Append(t.Context()); !errors.Is(err, syscall.ENOSPC) || u.appends > 0 {
		t.Errorf("%d writes, %v", u.appends, err)
	}
	if _, err := i.Dialer(Remote, u).Dial(t.Context(), connectors.Target{}); !errors.Is(err, syscall.ENOSPC) || u.dials > 0 {
		t.Errorf("%d logins, %v", u.dials, err)
	}
}
