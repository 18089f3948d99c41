package scan

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/framing"
	"patchwave/connectors/powershell"
	"patchwave/engine/updates"
	"patchwave/inventory"
)

// windows is a session to a machine whose search takes a while; it is asked in the
// time of the test.
type windows struct {
	took   time.Duration
	began  time.Time
	calls  []map[string]string
	failed error
}

func (*windows) Dialect() connectors.Dialect { return connectors.DialectPowerShell }
func (*windows) Close() error                { return nil }

func (w *windows) Run(ctx context.Context, c connectors.Command) (connectors.Result, error) {
	call, err := powershell.Decode(c.Script)
	if err != nil {
		return connectors.Result{}, err
	}
	w.calls = append(w.calls, call.Args)
	if w.failed != nil && len(w.calls) > 1 {
		return connectors.Result{}, w.failed
	}
	if w.began.IsZero() {
		w.began = time.Now()
	}
	wait, err := strconv.Atoi(call.Args["wait"])
	if err != nil {
		return connectors.Result{}, err
	}
	if d := min(time.Until(w.began.Add(w.took)), time.Duration(wait)*time.Second); d > 0 {
		select {
		case <-time.After(d):
		case <-ctx.Done():
			return connectors.Result{}, context.Cause(ctx)
		}
	}
	frames := []string{"facts", "manager=fake"}
	if time.Since(w.began) < w.took {
		frames = append(frames, "scan.running", fmt.Sprintf("started=%d\nphase=search", w.began.Unix()))
	} else {
		frames = append(frames, "fake.scan", "done")
	}
	return connectors.Result{Stdout: bytes.ReplaceAll([]byte(framed(frames...)), []byte("NONCE"), []byte(call.Nonce))}, nil
}

// patient is a manager that fails while the search goes on.
type patient struct{ fake }

func (patient) Shell() updates.Shell {
	return updates.Shell{Dialect: connectors.DialectPowerShell, Scan: "function fake_scan { }\n"}
}

func (patient) ParseScan(a framing.Answer) updates.Listing {
	if _, ok := a.Get("fake.scan"); ok {
		return updates.Listing{State: inventory.ScanOK, Updates: []inventory.Update{update("KB1")}}
	}
	return updates.Listing{State: inventory.ScanFailed, Problem: &inventory.Problem{Code: "locked", Message: "the search goes on"}}
}

// TestSearchIsAwaited: a host whose search goes on is asked again until it has an
// answer or the time is over, and each question is short.
func TestSearchIsAwaited(t *testing.T) {
	for _, tt := range []struct {
		name     string
		took     time.Duration
		timeouts connectors.Timeouts
		state    inventory.ScanState
		calls    int
		over     time.Duration
	}{
		{"at once", 0, connectors.Timeouts{}, inventory.ScanOK, 1, time.Second},
		{"within one turn", 40 * time.Second, connectors.Timeouts{}, inventory.ScanOK, 1, 41 * time.Second},
		{"three turns", 100 * time.Second, connectors.Timeouts{}, inventory.ScanOK, 3, 101 * time.Second},
		{"a silence of a minute ends the connection", 100 * time.Second, connectors.Timeouts{Idle: time.Minute}, inventory.ScanOK, 5, 101 * time.Second},
		{"longer than anybody waits", time.Hour, connectors.Timeouts{}, inventory.ScanFailed, 0, 10 * time.Minute},
		{"longer than the operator waits", time.Hour, connectors.Timeouts{Command: time.Minute}, inventory.ScanFailed, 0, time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &windows{took: tt.took}
				start := time.Now()
				a := Observe(t.Context(), w, []updates.Manager{patient{}}, Request{Host: "w", Timeouts: tt.timeouts, Args: map[string]string{"source": "wsus"}}, noon())
				if a.State != tt.state || tt.calls > 0 && len(w.calls) != tt.calls || len(w.calls) > mostQuestions || time.Since(start) > tt.over {
					t.Errorf("%s %+v after %s and %d questions", a.State, a.Problem, time.Since(start), len(w.calls))
				}
				for i, args := range w.calls {
					since := ""
					if i > 0 {
						since = strconv.FormatInt(w.began.Unix(), 10)
					}
					if args["since"] != since || args["source"] != "wsus" || args["refresh"] != "auto" {
						t.Errorf("question %d has %v", i, args)
					}
				}
			})
		})
	}
}

// TestSearchIsGivenUp: what goes wrong with a later question is what went wrong; a
// host that answers at once that it goes on is not asked for ever.
func TestSearchIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lost := connectors.Errorf(connectors.CodeLost, connectors.PhaseCommand, "w", "the connection broke")
		w := &windows{took: time.Hour, failed: lost}
		if a := Observe(t.Context(), w, []updates.Manager{patient{}}, Request{Host: "w"}, noon()); a.State != inventory.ScanFailed || a.Problem.Code != "lost" {
			t.Errorf("%s %+v", a.State, a.Problem)
		}
	})
	calls := 0
	s := restless{&calls}
	a := Observe(t.Context(), s, []updates.Manager{patient{}}, Request{Host: "w"}, noon())
	if a.State != inventory.ScanFailed || calls != mostQuestions {
		t.Errorf("%s after %d questions", a.State, calls)
	}
}

// restless always answers at once that the search goes on.
type restless struct{ calls *int }

func (restless) Dialect() connectors.Dialect { return connectors.DialectPowerShell }
func (restless) Close() error                { return nil }

func (r restless) Run(_ context.Context, c connectors.Command) (connectors.Result, error) {
	*r.calls++
	call, err := powershell.Decode(c.Script)
	out := strings.ReplaceAll(framed("facts", "manager=fake", "scan.running", "started="+strconv.Itoa(*r.calls)), "NONCE", call.Nonce)
	return connectors.Result{Stdout: []byte(out)}, err
}

// TestWindowsFacts: what scan.ps1 prints of a Windows host.
func TestWindowsFacts(t *testing.T) {
	a := answer(
		"os-release", "ID=windows-server\nID_LIKE=windows\nNAME=\"Microsoft Windows\"\nVERSION_ID=10.0.26100.1742\nPRETTY_NAME=\"Microsoft Windows Server 2025 Standard\"",
		"facts", "manager=fake\nuid=0\nboot_id=00000000-0000-0000-01dc-5f1e8c0a1b2c\nuptime=60",
		"df", "Filesystem 1024-blocks Used Available Capacity Mounted on\nC: 1000 400 600 40% C:\\\nD: 1 1 1 1% D:/")
	o := Parse(a, []updates.Manager{patient{}}, noon())
	if f := o.Facts; f.OS.Family != "windows" || f.OS.Name != "windows-server" || f.OS.Version != "10.0.26100.1742" || f.BootID == "" || f.Uptime != time.Minute ||
		len(f.DiskFree) != 1 || f.DiskFree[`C:\`] != 600<<10 {
		t.Errorf("%+v", f)
	}
}
