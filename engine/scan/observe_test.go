package scan

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors"
	"patchwave/connectors/framing"
	"patchwave/engine/updates"
	"patchwave/inventory"
)

// TestObserveAsks: the arguments and the bounds that go to the host.
func TestObserveAsks(t *testing.T) {
	tests := []struct {
		name          string
		req           Request
		args          map[string]string
		timeout, idle time.Duration
	}{
		{"as it is", Request{Host: "a"}, map[string]string{"refresh": "auto", "lock_wait": "120"}, 10 * time.Minute, 5 * time.Minute},
		{"everything", Request{Host: "a", Become: true, Refresh: RefreshNever, Names: []string{"x", "y"}, Timeouts: connectors.Timeouts{Command: time.Minute, Idle: time.Second}},
			map[string]string{"refresh": "never", "names": "x\ny", "lock_wait": "0"}, time.Minute, time.Second},
		{"shorter than the wait for a lock", Request{Host: "a", Timeouts: connectors.Timeouts{Command: time.Minute}},
			map[string]string{"refresh": "auto", "lock_wait": "15"}, time.Minute, 5 * time.Minute},
		{"longer than an answer takes", Request{Host: "a", Timeouts: connectors.Timeouts{Command: time.Hour, Idle: time.Hour}}, map[string]string{"refresh": "auto", "lock_wait": "120"}, 10 * time.Minute, 10 * time.Minute},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := machine{reply: func(_ context.Context, c connectors.Command, call framing.Call) (string, error) {
				tt.args["managers"], tt.args["max_age"] = "fake", "3600"
				if diff := cmp.Diff(tt.args, call.Args); diff != "" || call.Name != "scan" {
					t.Errorf("script %s: %s", call.Name, diff)
				}
				if c.Timeout != tt.timeout || c.Idle != tt.idle || c.Become != tt.req.Become {
					t.Errorf("timeout %s, idle %s, become %v", c.Timeout, c.Idle, c.Become)
				}
				return framed("facts", "manager=fake"), nil
			}}
			a := Observe(t.Context(), s, []updates.Manager{fake{updates.Listing{State: inventory.ScanOK}}}, tt.req, noon())
			if a.Host != "a" || a.State != inventory.ScanOK || !a.At.Equal(noon()) {
				t.Errorf("%+v", a.Observation)
			}
		})
	}
}

// TestObserveFails: an answer that is not whole is failed, never an empty list.
func TestObserveFails(t *testing.T) {
	whole := framed("facts", "manager=fake")
	lost := connectors.Errorf(connectors.CodeLost, connectors.PhaseCommand, "a", "the connection broke")
	tests := []struct {
		name  string
		out   string
		err   error
		state inventory.ScanState
		code  string
	}{
		{"nothing", "", nil, inventory.ScanFailed, "exit"},
		{"a banner", "Welcome!\n", nil, inventory.ScanFailed, "exit"},
		{"cut off", strings.TrimSuffix(whole, "@@NONCE DONE\n"), nil, inventory.ScanFailed, "exit"},
		{"another's answer", strings.ReplaceAll(whole, "NONCE", "00ff"), nil, inventory.ScanFailed, "exit"},
		{"lost", whole, lost, inventory.ScanFailed, "lost"},
		{"no privilege", "", connectors.Errorf(connectors.CodeSudo, connectors.PhaseCommand, "a", "sudo wants a password"), inventory.ScanFailed, "sudo"},
		{"too slow", "", connectors.Errorf(connectors.CodeTimeout, connectors.PhaseCommand, "a", "no answer"), inventory.ScanFailed, "timeout"},
		{"without facts", framed(), nil, inventory.ScanFailed, "unsupported"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := machine{reply: func(context.Context, connectors.Command, framing.Call) (string, error) { return tt.out, tt.err }}
			a := Observe(t.Context(), s, []updates.Manager{fake{updates.Listing{State: inventory.ScanOK}}}, Request{Host: "a"}, noon())
			if a.State != tt.state || a.Problem == nil || a.Problem.Code != tt.code || a.Problem.Message == "" || a.IndexAge >= 0 || a.Host != "a" {
				t.Errorf("%+v %+v", a.Observation, a.Problem)
			}
		})
	}
}

// TestFailure: what is unreachable and what is failed.
func TestFailure(t *testing.T) {
	edge := func(code connectors.Code, phase connectors.Phase) error {
		return fmt.Errorf("scan: %w", connectors.Errorf(code, phase, "a", "it did not work"))
	}
	for name, tt := range map[string]struct {
		err   error
		state inventory.ScanState
		code  string
	}{
		"unreachable":              {edge(connectors.CodeUnreachable, connectors.PhaseDial), inventory.ScanUnreachable, "unreachable"},
		"auth":                     {edge(connectors.CodeAuth, connectors.PhaseLogin), inventory.ScanUnreachable, "auth"},
		"host key":                 {edge(connectors.CodeHostKey, connectors.PhaseHandshake), inventory.ScanUnreachable, "host-key"},
		"too slow to log in":       {edge(connectors.CodeTimeout, connectors.PhaseLogin), inventory.ScanUnreachable, "timeout"},
		"too slow to answer":       {edge(connectors.CodeTimeout, connectors.PhaseCommand), inventory.ScanFailed, "timeout"},
		"sudo":                     {edge(connectors.CodeSudo, connectors.PhaseCommand), inventory.ScanFailed, "sudo"},
		"lost":                     {edge(connectors.CodeLost, connectors.PhaseCommand), inventory.ScanFailed, "lost"},
		"unsupported":              {edge(connectors.CodeUnsupported, connectors.PhaseDial), inventory.ScanFailed, "unsupported"},
		"an error of nobody":       {errors.New("what"), inventory.ScanFailed, "exit"},
		"a deadline of nobody":     {fmt.Errorf("x: %w", context.DeadlineExceeded), inventory.ScanFailed, "timeout"},
		"a cancelled one":          {context.Canceled, inventory.ScanFailed, "exit"},
		"a code that is not known": {edge("gremlins", connectors.PhaseDial), inventory.ScanFailed, "gremlins"},
	} {
		want := inventory.Observation{Host: "a", At: noon(), State: tt.state, IndexAge: -1, Problem: &inventory.Problem{Code: tt.code, Message: tt.err.Error()}}
		if diff := cmp.Diff(want, Failure("a", tt.err, noon())); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestFacts is what ping asks for.
func TestFacts(t *testing.T) {
	for name, tt := range map[string]struct {
		facts string
		err   error
		state inventory.ScanState
		code  string
		notes int
	}{
		"root":           {"manager=fake\nuid=0", nil, inventory.ScanOK, "", 0},
		"not root":       {"manager=fake\nuid=1000", nil, inventory.ScanFailed, "sudo", 0},
		"nobody says":    {"manager=fake", nil, inventory.ScanFailed, "sudo", 0},
		"unsupported":    {"manager=slackpkg\nuid=0", nil, inventory.ScanFailed, "unsupported", 0},
		"neither":        {"manager=slackpkg\nuid=1000", nil, inventory.ScanFailed, "sudo", 0},
		"the clock":      {fmt.Sprintf("manager=fake\nuid=0\nnow=%d", noon().Unix()+3600), nil, inventory.ScanOK, "", 1},
		"no answer":      {"", connectors.Errorf(connectors.CodeLost, connectors.PhaseCommand, "a", "gone"), inventory.ScanFailed, "lost", 0},
		"not reached":    {"", connectors.Errorf(connectors.CodeTimeout, connectors.PhaseDial, "a", "slow"), inventory.ScanUnreachable, "timeout", 0},
		"no permissions": {"", connectors.Errorf(connectors.CodeSudo, connectors.PhaseCommand, "a", "no"), inventory.ScanFailed, "sudo", 0},
	} {
		s := machine{reply: func(_ context.Context, c connectors.Command, call framing.Call) (string, error) {
			if !c.Become || call.Args["managers"] != "" || call.Args["refresh"] != "never" || call.Name != "facts" {
				t.Errorf("asked with %+v, become %v", call, c.Become)
			}
			return framed("facts", tt.facts), tt.err
		}}
		o := Facts(t.Context(), s, []updates.Manager{fake{}}, "a", noon())
		code := ""
		if o.Problem != nil {
			code = o.Problem.Code
		}
		if o.State != tt.state || code != tt.code || len(o.Notes) != tt.notes || o.Host != "a" {
			t.Errorf("%s: %s %q %v", name, o.State, code, o.Notes)
		}
	}
}
