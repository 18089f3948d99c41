package health

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors"
	"patchwave/engine/journal"
	"patchwave/policies"
)

func TestProbeOnTheHost(t *testing.T) {
	service := func(state string) policies.Probe {
		return policies.Probe{Kind: policies.ProbeService, Name: "nginx", State: state, Become: true}
	}
	command := policies.Probe{Kind: policies.ProbeCommand, Name: "selftest", Run: "/usr/local/bin/selftest --all"}
	tests := []struct {
		name  string
		probe policies.Probe
		reply string
		ok    bool
		words string
	}{
		{"runs", service("running"), "0 active", true, "active"},
		{"does not run", service("running"), "3 inactive", false, "exit status 3 inactive"},
		{"no state said means running", service(""), "0 active", true, "active"},
		{"is stopped", service("stopped"), "3 inactive", true, "exit status 3 inactive"},
		{"failed counts as stopped", service("stopped"), "3 failed", true, "exit status 3 failed"},
		{"there is no such service", service("stopped"), "4 inactive", true, "exit status 4 inactive"},
		{"is not stopped", service("stopped"), "0 active", false, "active"},
		{"is about to start", service("stopped"), "3 activating", false, "exit status 3 activating"},
		{"is about to stop", service("stopped"), "3 deactivating", false, "exit status 3 deactivating"},
		{"nobody can say", service("stopped"), "2 no service manager was found", false, "exit status 2 no service manager was found"},
		{"no answer is not stopped", service("stopped"), "silent", false, "the host does not answer the probe"},
		{"too late is not stopped", service("stopped"), "timeout", false, "no answer within 1m0s"},
		{"a command", command, "0 all is well", true, "all is well"},
		{"a command that fails", command, "1 disk is full", false, "exit status 1 disk is full"},
		{"a command that says nothing", command, "7 ", false, "exit status 7"},
		{"a command without end", command, "timeout", false, "no answer within 1m0s"},
		{"a port", policies.Probe{Kind: policies.ProbeTCP, Name: "https", Port: 443, On: "host"}, "0 ", true, ""},
		{"another kind", policies.Probe{Kind: "prayer", Name: "x"}, "silent", false, "the host does not answer the probe"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := &machine{replies: []string{tt.reply}}
			res, err := Prober{Session: m, Host: "a"}.Run(t.Context(), tt.probe)
			if err != nil {
				t.Fatal(err)
			}
			want := journal.ProbeResult{Kind: string(tt.probe.Kind), Name: tt.probe.Name, OK: tt.ok, Detail: tt.words}
			if diff := cmp.Diff(want, res); diff != "" {
				t.Error(diff)
			}
			args := map[string]string{"kind": string(tt.probe.Kind), "name": tt.probe.Name}
			switch tt.probe.Kind {
			case policies.ProbeCommand:
				args["run"] = tt.probe.Run
			case policies.ProbeTCP:
				args["port"] = "443"
			}
			if diff := cmp.Diff([]map[string]string{args}, m.tries); diff != "" || m.become != tt.probe.Become {
				t.Errorf("become %v, asked with %s", m.become, diff)
			}
		})
	}
}

// TestDetailIsBounded: a chatty host does not fill the journal.
func TestDetailIsBounded(t *testing.T) {
	m := &machine{replies: []string{"1 " + strings.Repeat("é", 5000)}}
	res, err := Prober{Session: m}.Run(t.Context(), policies.Probe{Kind: policies.ProbeCommand})
	if err != nil || res.OK || len(res.Detail) > 330 || !strings.HasSuffix(res.Detail, "é…") {
		t.Errorf("%v, %d bytes: %s", err, len(res.Detail), res.Detail)
	}
}

// TestRepetition: every second until it is true or the time is over, and once
// more at its end.
func TestRepetition(t *testing.T) {
	late := func(n int) []string {
		out := []string{}
		for range n {
			out = append(out, "3 activating")
		}
		return append(out, "0 active")
	}
	tests := []struct {
		name    string
		within  time.Duration
		replies []string
		ok      bool
		tries   int
		took    time.Duration
	}{
		{"true at once", time.Minute, late(0), true, 1, 0},
		{"once only", 0, late(1), false, 1, 0},
		{"less than nothing", -time.Minute, late(1), false, 1, 0},
		{"true in time", time.Minute, late(5), true, 6, 5 * time.Second},
		{"true at the end", 2500 * time.Millisecond, late(3), true, 4, 2500 * time.Millisecond},
		{"never", 2500 * time.Millisecond, late(100), false, 4, 2500 * time.Millisecond},
		{"no answer, then one", time.Minute, []string{"timeout", "silent", "0 active"}, true, 3, 2 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, start := &machine{replies: tt.replies}, time.Now()
				res, err := Prober{Session: m}.Run(t.Context(), policies.Probe{Kind: policies.ProbeService, Within: tt.within})
				if err != nil || res.OK != tt.ok || len(m.tries) != tt.tries || time.Since(start) != tt.took {
					t.Errorf("%v, ok %v after %d tries and %s", err, res.OK, len(m.tries), time.Since(start))
				}
			})
		})
	}
}

// TestHangingProbe: one that never answers costs its time and a minute, no more.
func TestHangingProbe(t *testing.T) {
	for _, within := range []time.Duration{0, 30 * time.Second, 10 * time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			m, start := &machine{replies: []string{"hang"}}, time.Now()
			res, err := Prober{Session: m}.Run(t.Context(), policies.Probe{Kind: policies.ProbeCommand, Within: within})
			if err != nil || res.OK || res.Detail != "no answer within 1m0s" || time.Since(start) > within+probeTimeout {
				t.Errorf("within %s: %v, %+v after %s", within, err, res, time.Since(start))
			}
		})
	}
}

// TestAnInterruptedProbeSaysNothing: what was not asked to its end is no failure
// of the host, or a restart of the controller would roll hosts back.
func TestAnInterruptedProbeSaysNothing(t *testing.T) {
	why := errors.New("the controller is going down")
	for name, p := range map[string]struct {
		prober Prober
		probe  policies.Probe
	}{
		"between two tries":      {Prober{Session: &machine{replies: []string{"3 inactive"}}}, policies.Probe{Kind: policies.ProbeService, Within: time.Hour}},
		"in a try":               {Prober{Session: &machine{replies: []string{"3 inactive"}, takes: 30 * time.Second}}, policies.Probe{Kind: policies.ProbeService}},
		"in a try that hangs":    {Prober{Session: &machine{replies: []string{"hang"}}}, policies.Probe{Kind: policies.ProbeCommand}},
		"between two dials":      {Prober{Dial: refuse}, policies.Probe{Kind: policies.ProbeTCP, Within: time.Hour}},
		"in a dial without end":  {Prober{Dial: blackhole}, policies.Probe{Kind: policies.ProbeTCP}},
		"stopped, asked in vain": {Prober{Session: &machine{replies: []string{"hang"}}}, policies.Probe{Kind: policies.ProbeService, State: "stopped"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				timer := time.AfterFunc(10*time.Second, func() { cancel(why) })
				defer timer.Stop()
				start := time.Now()
				res, err := p.prober.Run(ctx, p.probe)
				if !errors.Is(err, why) || res.OK || time.Since(start) != 10*time.Second {
					t.Errorf("%+v, %v after %s", res, err, time.Since(start))
				}
			})
		})
	}
}

func refuse(context.Context, string, string) (net.Conn, error) {
	return nil, errors.New("connection refused")
}

func blackhole(ctx context.Context, _, _ string) (net.Conn, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// TestTheConnectionsErrors are errors and no answers.
func TestTheConnectionsErrors(t *testing.T) {
	probe := policies.Probe{Kind: policies.ProbeService, Name: "nginx", State: "stopped"}
	_, err := Prober{Session: &machine{replies: []string{"lost"}}}.Run(t.Context(), probe)
	if connectors.CodeOf(err) != connectors.CodeLost || !strings.HasPrefix(err.Error(), `probe service "nginx": `) {
		t.Errorf("error %v", err)
	}
	if _, err := (Prober{}).Run(t.Context(), probe); err == nil || !strings.Contains(err.Error(), "there is no connection to the host") {
		t.Errorf("without a session: %v", err)
	}
}

// TestTCPFromTheController dials for real, on the loopback.
func TestTCPFromTheController(t *testing.T) {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	probe := policies.Probe{Kind: policies.ProbeTCP, Name: "https", Port: port}
	res, err := Prober{Address: "127.0.0.1"}.Run(t.Context(), probe)
	if err != nil || !res.OK || res.Detail != "connected to "+l.Addr().String() {
		t.Errorf("%+v, %v", res, err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	res, err = Prober{Address: "127.0.0.1"}.Run(t.Context(), probe)
	if err != nil || res.OK || !strings.HasPrefix(res.Detail, "no connection to "+l.Addr().String()) {
		t.Errorf("%+v, %v", res, err)
	}
}

// TestTCPAddresses: an IPv6 address gets its brackets.
func TestTCPAddresses(t *testing.T) {
	for address, want := range map[string]string{"::1": "[::1]:443", "10.0.0.1": "10.0.0.1:443", "web-01.example.net": "web-01.example.net:443"} {
		got := ""
		p := Prober{Address: address, Dial: func(_ context.Context, network, a string) (net.Conn, error) {
			got = network + " " + a
			return nil, errors.New("no")
		}}
		if _, err := p.Run(t.Context(), policies.Probe{Kind: policies.ProbeTCP, Port: 443}); err != nil || got != "tcp "+want {
			t.Errorf("%s: dialled %s, %v", address, got, err)
		}
	}
}

// TestBooted waits, at most so long, and does not insist.
func TestBooted(t *testing.T) {
	for name, tt := range map[string]struct {
		replies []string
		took    time.Duration
		code    connectors.Code
	}{
		"it is up":      {[]string{"0 "}, 0, ""},
		"it boots":      {[]string{"1 ", "1 ", "0 "}, 2 * time.Second, ""},
		"it never ends": {[]string{"1 "}, time.Minute, ""},
		"it is lost":    {[]string{"1 ", "lost"}, time.Second, connectors.CodeLost},
	} {
		synctest.Test(t, func(t *testing.T) {
			m, start := &machine{replies: tt.replies}, time.Now()
			err := Prober{Session: m}.Booted(t.Context(), time.Minute)
			if connectors.CodeOf(err) != tt.code || (err == nil) != (tt.code == "") || time.Since(start) != tt.took || m.tries[0]["kind"] != "boot" || m.become {
				t.Errorf("%s: %v after %s", name, err, time.Since(start))
			}
		})
	}
}
