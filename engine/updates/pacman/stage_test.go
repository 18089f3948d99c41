package pacman

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/engine/updates/updatestest"
)

const bounded = "\nstage_bounded() { \"$@\"; }\n"

// TestStageOnlyDownloads: what the installation would fetch first, without the host's
// lock and without a transaction.
func TestStageOnlyDownloads(t *testing.T) {
	updatestest.Play(t, New().Shell().Job, fakePacman+bounded+"fake_lock=live", "pacman_stage && pw_run stage.files pacman_staged", map[string]string{"changes": changes, "lock_wait": "0"},
		func(t *testing.T, p updatestest.Played) {
			if diff := cmp.Diff(askLine+offersLine+fetchLine, p.Log[:min(len(p.Log), len(askLine+offersLine+fetchLine))]); diff != "" {
				t.Error(diff)
			}
			if strings.Contains(p.Log, " -U ") || p.Text("status") != "0" {
				t.Errorf("status %s, %s", p.Text("status"), p.Log)
			}
			if got := p.Text("stage.files"); got != "app\tany\t2.0-1\tstaged\nnewthing\tany\t2.0-1\tstaged" {
				t.Errorf("%q", got)
			}
			if _, ok := p.Answer.Get("pacman.stage"); !ok {
				t.Error("no frame")
			}
		})
}

// TestStageOfAnotherVersion: the index has moved since; nothing else is fetched.
func TestStageOfAnotherVersion(t *testing.T) {
	updatestest.Play(t, New().Shell().Job, fakePacman+bounded, "pacman_stage", map[string]string{"changes": strings.ReplaceAll(changes, "2.0-1", "2.1-1"), "lock_wait": "0"},
		func(t *testing.T, p updatestest.Played) {
			if p.Text("status") != "65" || !strings.Contains(p.Text("pacman.stage"), "drift: the index does not offer") || strings.Contains(p.Log, "-Sddw") {
				t.Errorf("status %s, %q, %s", p.Text("status"), p.Text("pacman.stage"), p.Log)
			}
		})
}
