package job

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors"
	"patchwave/connectors/framing"
	"patchwave/connectors/powershell"
	"patchwave/connectors/script"
)

// windows is a session that speaks PowerShell: it keeps what it was asked and
// answers with what the test wants.
type windows struct {
	calls  []framing.Call
	answer func(framing.Call) string
	// log is the frame of that name; nil is an answer without one.
	log []byte
	// half leaves out the end of an answer.
	half bool
}

func (*windows) Close() error { return nil }

func (*windows) Dialect() connectors.Dialect { return connectors.DialectPowerShell }

func (w *windows) Run(_ context.Context, c connectors.Command) (connectors.Result, error) {
	call, err := powershell.Decode(c.Script)
	if err != nil {
		return connectors.Result{}, err
	}
	w.calls = append(w.calls, call)
	out := fmt.Sprintf("banner\r\n@@%s BEGIN job\n%s\n@@%s END job rc=0\n", call.Nonce, w.answer(call), call.Nonce)
	if w.log != nil {
		out += fmt.Sprintf("@@%s BEGIN log\n%s\n@@%s END log rc=0\n", call.Nonce, w.log, call.Nonce)
	}
	if !w.half {
		out += "@@" + call.Nonce + " DONE\n"
	}
	return connectors.Result{Stdout: []byte(out)}, nil
}

func (w *windows) last() framing.Call { return w.calls[len(w.calls)-1] }

func says(text string) func(framing.Call) string { return func(framing.Call) string { return text } }

func windowsClient(w *windows) Client {
	return Client{Session: w, Host: "h1", Claim: Claim{Controller: "c1", Run: "r1", Fence: 7, TTL: time.Minute, Dead: []string{"r0"}}}
}

const windowsBoot = "00000000-0000-0000-01dc-60a1b2c3d4e5"

var windowsBody = script.Script{Name: "body", Version: 1, Sh: "true", PowerShell: "Write-PwText 'work' (Get-PwArg 'do')\n"}

// TestStartOnWindows: a body in PowerShell goes over with the wrapper of a task and
// the sum that the host compares.
func TestStartOnWindows(t *testing.T) {
	t.Parallel()
	w := &windows{answer: says("started=now\nboot_id=" + windowsBoot + "\njob_boot_id=" + windowsBoot + "\nsize=0\nstate=starting"), log: []byte{}}
	id := ID{"r1", "h1", "updates", 1}
	s, err := windowsClient(w).Start(t.Context(), id, windowsBody, map[string]string{"do": "it's"})
	if err != nil {
		t.Fatal(err)
	}
	if want := (Status{State: Starting, BootID: windowsBoot, JobBootID: windowsBoot, RC: -1, Fresh: true}); s != want {
		t.Errorf("%+v, want %+v", s, want)
	}
	args := w.last().Args
	sum := sha256.Sum256([]byte(args["body"] + "\n"))
	if args["sum"] != hex.EncodeToString(sum[:]) {
		t.Errorf("the sum is %q", args["sum"])
	}
	body, err := powershell.Decode([]byte(args["body"]))
	if err != nil {
		t.Fatal(err)
	}
	want := framing.Call{Name: "body", Version: 1, Nonce: Nonce(id), Args: map[string]string{"do": "it's"}}
	if diff := cmp.Diff(want, body); diff != "" {
		t.Error(diff)
	}
	if !strings.HasSuffix(args["wrap"], "exit (Invoke-WrapMain)") || strings.Contains(args["wrap"], "flock") {
		t.Errorf("the wrapper is not that of Windows: %.100q", args["wrap"])
	}
	for k, v := range map[string]string{"op": "start", "id": id.String(), "controller": "c1", "run": "r1", "fence": "7", "ttl": "60", "host": "h1", "dead": "r0"} {
		if args[k] != v {
			t.Errorf("%s is %q, want %q", k, args[k], v)
		}
	}
}

// TestPollOnWindows: states, and what is said of a job that is lost.
func TestPollOnWindows(t *testing.T) {
	t.Parallel()
	head := "boot_id=" + windowsBoot + "\njob_boot_id=" + windowsBoot + "\nsize=12\n"
	tests := []struct {
		name, says string
		want       Status
	}{
		{"runs", head + "state=running", Status{State: Running, RC: -1, Size: 12}},
		{"done", head + "state=done\nrc=003", Status{State: Done, RC: 3, Size: 12}},
		{"torn", head + "state=done\nrc=", Status{State: Lost, RC: -1, Size: 12}},
		{"lost", head + "state=lost\nwhy=the task was ended by somebody", Status{State: Lost, RC: -1, Size: 12, Why: "the task was ended by somebody"}},
		{"a long reason", head + "state=lost\nwhy=" + strings.Repeat("x", 199) + "\u00fc", Status{State: Lost, RC: -1, Size: 12, Why: strings.Repeat("x", 199)}},
		{"a reason where none belongs", head + "state=running\nwhy=x", Status{State: Running, RC: -1, Size: 12}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			log := []byte("a\xff\x00\r\n\nb")
			w := &windows{answer: says(tt.says), log: log}
			got, piece, err := windowsClient(w).Poll(t.Context(), ID{"r1", "h1", "updates", 1}, 5)
			if err != nil {
				t.Fatal(err)
			}
			tt.want.BootID, tt.want.JobBootID = windowsBoot, windowsBoot
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if string(piece) != string(log) {
				t.Errorf("the log is %q, want %q", piece, log)
			}
			if a := w.last().Args; a["offset"] != "5" || a["max"] != "262144" {
				t.Errorf("asked for %s bytes from %s", a["max"], a["offset"])
			}
		})
	}
}

// TestRefusalsOfWindows: each has its code, and a hint that means Windows.
func TestRefusalsOfWindows(t *testing.T) {
	t.Parallel()
	tests := []struct {
		says string
		code connectors.Code
		hint string
	}{
		{"refused=guard\nwhy=x lets in S-1-1-0", connectors.CodeGuard, "look at the directory"},
		{"holder_controller=c9\nholder_run=r9\nholder_expires=5\nrefused=locked\nwhy=another run works on this host", connectors.CodeLocked, "patchwave lock release --host h1"},
		{"refused=disk\nwhy=x", connectors.CodeDisk, "free space"},
		{"refused=sudo\nwhy=logged in as x", connectors.CodeSudo, "administrator"},
		{"refused=unsupported\nwhy=x", connectors.CodeUnsupported, "patchwave exec"},
	}
	for _, tt := range tests {
		w := &windows{answer: says(tt.says)}
		err := windowsClient(w).Set(t.Context())
		if connectors.CodeOf(err) != tt.code || !strings.Contains(err.Error(), tt.hint) {
			t.Errorf("%q: code %q, %v", tt.says, connectors.CodeOf(err), err)
		}
		if err != nil && (strings.Contains(err.Error(), "flock") || strings.Contains(err.Error(), "root")) {
			t.Errorf("%q: %v", tt.says, err)
		}
	}
}

// TestHalfAnAnswerOfWindows says nothing.
func TestHalfAnAnswerOfWindows(t *testing.T) {
	t.Parallel()
	w := &windows{answer: says("claim=set"), half: true}
	if err := windowsClient(w).Set(t.Context()); connectors.CodeOf(err) != connectors.CodeExit {
		t.Errorf("%v", err)
	}
	w = &windows{answer: says("state=running\nboot_id=2026-01-01")}
	if _, _, err := windowsClient(w).Poll(t.Context(), ID{"r1", "h1", "updates", 1}, 0); err == nil {
		t.Error("a boot id of the wrong shape is accepted")
	}
}

// TestReleaseOnWindowsPrunes: how many restore points stay, and how long, goes with a
// release, as on Linux.
func TestReleaseOnWindowsPrunes(t *testing.T) {
	t.Parallel()
	w := &windows{answer: says("claim=released")}
	c := windowsClient(w)
	c.Keep, c.Expire = 3, 2*time.Hour
	if err := c.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a := w.last().Args; a["keep"] != "3" || a["expire"] != "120" {
		t.Errorf("%v", a)
	}
}

// TestYieldFileOnWindows: it lies in the job's directory, whose name job.ps1 shortens.
func TestYieldFileOnWindows(t *testing.T) {
	t.Parallel()
	id := ID{StagePrefix + "1", "h1", "stage", 2}
	if got := id.YieldFile(connectors.DialectPowerShell, ""); got != `%ProgramData%\patchwave\jobs\stage-1.stage.2.h1\yield` {
		t.Error(got)
	}
	id.Host = strings.Repeat("h", 100)
	sum := sha256.Sum256([]byte(id.String()))
	if got := id.YieldFile(connectors.DialectPowerShell, `D:\x`); got != `D:\x\jobs\`+id.String()[:80]+"-"+hex.EncodeToString(sum[:8])+`\yield` {
		t.Error(got)
	}
}
