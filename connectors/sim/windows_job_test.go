package sim_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors/sim"
	"patchwave/engine/job"
)

// TestJobsOnWindowsAsOnLinux plays the story of claims and jobs on both.
func TestJobsOnWindowsAsOnLinux(t *testing.T) {
	var linux, windows []string
	t.Run("Linux", func(t *testing.T) { // each fleet is gone before the next one is there
		_, s := one(t, sim.Machine{})
		linux = jobStory(t, job.Client{Session: s, Host: "m1", Become: true})
	})
	t.Run("Windows", func(t *testing.T) {
		_, s := oneWindows(t, sim.Machine{})
		windows = jobStory(t, job.Client{Session: s, Host: "m1", Become: true})
	})
	for i := range windows {
		windows[i] = strings.ReplaceAll(windows[i], "winupdate.keep", "apt.keep")
	}
	if diff := cmp.Diff(linux, windows); diff != "" {
		t.Errorf("Linux (-), Windows (+):\n%s", diff)
	}
}
