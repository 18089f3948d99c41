package updates

import (
	"bytes"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"patchwave/connectors"
	"patchwave/connectors/framing"
	"patchwave/connectors/script"
)

// stager is a manager that downloads by the command $pw_arg_do.
type stager struct{ Manager }

func (stager) Name() string { return "parrot" }

func (stager) Shell() Shell {
	return Shell{Job: `parrot_cache() { printf '%s' "$pw_arg_cache"; }
parrot_fetch() { eval "$pw_arg_do"; }
parrot_stage() { pw_run parrot.stage stage_bounded parrot_fetch; }
parrot_staged() { ls "$pw_arg_cache"; }`}
}

// staging runs the script in this machine's own sh.
func staging(t *testing.T, args map[string]string) (framing.Answer, int) {
	t.Helper()
	all := map[string]string{"changes": "", "lock_wait": "0", "size": "0", "mounts": "", "limit": "60", "yield": filepath.Join(t.TempDir(), "yield"), "cache": t.TempDir(), "do": ":"}
	maps.Copy(all, args)
	b, err := script.Encode(connectors.DialectSh, StageScript(stager{}), "00ff", all)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-s")
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(b), &out, &errs
	if err := cmd.Run(); cmd.ProcessState == nil {
		t.Fatal(err)
	}
	a := framing.Parse("00ff", out.Bytes(), errs.Bytes())
	if !a.Complete {
		t.Fatalf("not a whole answer: %s\n%s", out.String(), errs.String())
	}
	return a, cmd.ProcessState.ExitCode()
}

func text(a framing.Answer, frame string) string {
	f, _ := a.Get(frame)
	return strings.TrimSpace(string(f.Out))
}

// TestStage: the status of the manager, and what is there afterwards.
func TestStage(t *testing.T) {
	cache := t.TempDir()
	a, rc := staging(t, map[string]string{"cache": cache, "do": "echo fetched; : >\"$pw_arg_cache/a.deb\"; return 7"})
	if f, _ := a.Get("parrot.stage"); rc != 7 || f.RC != 7 || text(a, "parrot.stage") != "fetched" || text(a, "stage.files") != "a.deb" || text(a, "stage.end") != "" {
		t.Errorf("status %d, %+v", rc, a.Frames)
	}
}

// TestStageEnds: what would go on for ever is ended with all that it has started,
// when the time is over and when somebody else wants the host.
func TestStageEnds(t *testing.T) {
	for _, tt := range []struct{ word, limit, before string }{
		{"late", "1", ""},
		{"yielded", "60", `(sleep 0.2; : >"$pw_arg_yield") &`},
	} {
		t.Run(tt.word, func(t *testing.T) {
			cache := t.TempDir()
			do := tt.before + ` sh -c 'echo $$ >"$0/pid"; sleep 600 & echo $! >"$0/child"; wait' "$pw_arg_cache"; echo 'not reached'`
			a, rc := staging(t, map[string]string{"cache": cache, "do": do, "limit": tt.limit})
			if rc != 124 || text(a, "stage.end") != tt.word || text(a, "parrot.stage") != "" {
				t.Errorf("status %d, %+v", rc, a.Frames)
			}
			for _, name := range []string{"pid", "child"} {
				pid, err := os.ReadFile(filepath.Join(cache, name))
				if err != nil {
					t.Fatal(err)
				}
				status, err := os.ReadFile(filepath.Join("/proc", strings.TrimSpace(string(pid)), "status"))
				if err == nil && !strings.Contains(string(status), "State:\tZ") {
					t.Errorf("%s goes on:\n%s", name, status)
				}
			}
		})
	}
}

// TestStageRoom: nothing is fetched where the space would be short, be it where the
// downloads go, or where the operator wants some.
func TestStageRoom(t *testing.T) {
	huge := map[string]string{"size": "9000000000000000"}
	wanted := map[string]string{"mounts": "9000000000000\t/\n1\t/nowhere/at all\n1\t/"}
	for name, args := range map[string]map[string]string{"the download": huge, "the wish": wanted} {
		t.Run(name, func(t *testing.T) {
			args["do"] = "echo fetched"
			a, rc := staging(t, args)
			if _, ok := a.Get("parrot.stage"); ok || rc != 1 {
				t.Errorf("status %d, %+v", rc, a.Frames)
			}
			rows := text(a, "stage.room")
			if name == "the wish" {
				if !strings.Contains(rows, "\t9000000000000\t/\n?\t1\t/nowhere/at all") || strings.Count(rows, "\n") != 1 {
					t.Errorf("%q", rows)
				}
			} else if !strings.HasPrefix(rows, "-") || !strings.Contains(rows, "\t65536\t") {
				t.Errorf("%q", rows)
			}
		})
	}
	if a, rc := staging(t, map[string]string{"cache": filepath.Join(t.TempDir(), "not/there yet"), "mounts": "1\t/", "do": "echo fetched"}); rc != 0 || text(a, "parrot.stage") != "fetched" {
		t.Errorf("status %d, %+v", rc, a.Frames)
	}
}
