package health

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/posix"
)

// TestUnchangedWaits until a host has settled, and no longer than it may take; what
// does not mend is told at once.
func TestUnchangedWaits(t *testing.T) {
	answers := func(states ...string) *machine { return &machine{replies: states} }
	tests := []struct {
		name  string
		m     *machine
		ok    bool
		tries int
		took  time.Duration
	}{
		{"as it was", answers("0 ssh nginx"), true, 1, 0},
		{"it comes", answers("0 ssh", "0 ssh", "0 ssh nginx"), true, 3, 4 * time.Second},
		{"it does not come", answers("0 ssh"), false, 61, 119 * time.Second},
		{"it has failed", answers("0 ssh", "0 ssh -nginx"), false, 17, 32 * time.Second},
		{"it is started again", answers("0 ssh -nginx", "0 ssh -nginx", "0 ssh nginx"), true, 3, 4 * time.Second},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			p := Prober{Session: openrcOf{tt.m}, Host: "a"}
			before, err := p.Fingerprint(t.Context(), nil, "")
			if err != nil {
				t.Fatal(err)
			}
			tt.m.tries = nil
			before.HealthData.Init, before.Services = "openrc", []string{"nginx", "ssh"}
			res, err := p.Unchanged(t.Context(), Comparison{Before: before.HealthData, Parts: []string{"services"}, Settle: 119 * time.Second})
			if err != nil || len(res) != 1 || res[0].OK != tt.ok || len(tt.m.tries) != tt.tries || time.Since(began) != tt.took {
				t.Errorf("%s: %+v, %v after %d looks and %s", tt.name, res, err, len(tt.m.tries), time.Since(began))
			}
		})
	}
	for reply, want := range map[string]string{"timeout": "did not answer within 1m0s", "silent": "the host does not tell"} {
		synctest.Test(t, func(t *testing.T) {
			f, err := Prober{Session: answers(reply), Host: "a"}.Fingerprint(t.Context(), []string{"services", "mounts"}, "")
			if err != nil || !strings.Contains(fmt.Sprint(f.Err()), want) || reply == "timeout" && len(f.Missing) != 2 {
				t.Errorf("%s: %v, %+v", reply, err, f)
			}
		})
	}
	if _, err := (Prober{Session: answers("lost")}).Unchanged(t.Context(), Comparison{Parts: []string{"time"}}); connectors.CodeOf(err) != connectors.CodeLost {
		t.Errorf("a broken connection: %v", err)
	}
	if _, err := (Prober{}).Fingerprint(t.Context(), nil, ""); err == nil {
		t.Error("without a connection it was not refused")
	}
}

// openrcOf makes of "RC NAME…" the answer of a host on which these services run; "-NAME" has failed.
type openrcOf struct{ *machine }

func (openrcOf) Dialect() connectors.Dialect { return connectors.DialectSh }

// Run implements connectors.Session.
func (o openrcOf) Run(ctx context.Context, c connectors.Command) (connectors.Result, error) {
	r, err := o.machine.Run(ctx, c)
	call, e := posix.Decode(c.Script)
	if err != nil || e != nil {
		return r, err
	}
	var names []string
	for _, w := range strings.Fields(o.replies[min(len(o.tries), len(o.replies))-1])[1:] {
		if name, failed := strings.CutPrefix(w, "-"); failed {
			names = append(names, name+" = failed")
		} else {
			names = append(names, w+" = started")
		}
	}
	frame := func(name, text string) string {
		return fmt.Sprintf("@@%[1]s BEGIN %[2]s\n%[3]s\n@@%[1]s END %[2]s rc=0\n", call.Nonce, name, text)
	}
	r.Stdout = []byte(frame("basics", "init=openrc") + frame("services", strings.Join(names, "\n")) + "@@" + call.Nonce + " DONE\n")
	return r, nil
}
