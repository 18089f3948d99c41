package job

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"patchwave/connectors"
	"patchwave/connectors/script"
)

// patient waits until somebody else wants the host, as a download does.
var patient = script.Script{Name: "stage", Version: 1,
	Sh: "pw_status=0\npw_put begin began\nwhile [ ! -e \"$pw_arg_yield\" ]; do sleep 0.02; done\npw_put end yielded\npw_status=124"}

// TestDownloadsGiveWay: a run that comes gets the host at once, the download ends,
// and whoever staged finds what became of it, but no claim any more.
func TestDownloadsGiveWay(t *testing.T) {
	root := rootDir(t)
	ctx := t.Context()
	stage := newClient(t, root)
	stage.Claim.Run, stage.Claim.Fence = StagePrefix+"1", 9
	id := ID{stage.Claim.Run, "h1", "stage", 1}
	if err := stage.Set(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := stage.Start(ctx, id, patient, map[string]string{"yield": id.YieldFile(connectors.DialectSh, root)}); err != nil {
		t.Fatal(err)
	}
	awaitWord(t, stage, id, "began") // else it ends before it has begun, which is as good
	run := newClient(t, root)
	run.Claim.Fence = 5 // it began before the download did
	other := newClient(t, root)
	other.Claim.Run, other.Claim.Controller, other.Claim.Fence = StagePrefix+"2", "c2", 1
	if err := other.Set(ctx); connectors.CodeOf(err) != connectors.CodeLocked {
		t.Fatalf("another download took the host: %v", err)
	}
	if err := run.Set(ctx); err != nil {
		t.Fatal(err)
	}
	s, log := await(t, stage, id)
	if s.State != Done || s.RC != 124 || !strings.Contains(log, "yielded") {
		t.Errorf("%+v %q", s, log)
	}
	if err := stage.Renew(ctx); connectors.CodeOf(err) != connectors.CodeLocked {
		t.Errorf("the claim of the download stands: %v", err)
	}
	if err := stage.Set(ctx); connectors.CodeOf(err) != connectors.CodeLocked {
		t.Errorf("a download took the host from a run: %v", err)
	}
	work := ID{"r1", "h1", "updates", 1}
	if _, err := run.Start(ctx, work, body, map[string]string{"do": "exit 0"}); err != nil {
		t.Fatal(err)
	}
	if s, _ := await(t, run, work); s.State != Done || s.RC != 0 {
		t.Errorf("the work of the run ended as %+v", s)
	}
	for _, id := range []ID{id, work} {
		if err := run.Collect(ctx, id); err != nil {
			t.Fatal(err)
		}
	}
	if err := run.Release(ctx); err != nil {
		t.Fatal(err)
	}
	if err := stage.Set(ctx); err != nil {
		t.Errorf("with the run over: %v", err)
	}
	if fences, err := os.ReadFile(filepath.Join(root, "fences", "c1")); err != nil || string(fences) != "5\n" {
		t.Errorf("fences %q %v", fences, err)
	}
}
