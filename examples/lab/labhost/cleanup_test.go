//go:build lab

package labhost_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/examples/lab/labhost"
)

// traces is everything outside of the cache in which a lab could leave itself.
func traces(t *testing.T, lab string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for name, args := range map[string][]string{
		"links":      {"ip", "-o", "link"},
		"namespaces": {"ip", "netns", "list"},
		"mounts":     {"findmnt", "-rno", "TARGET,SOURCE,FSTYPE"},
	} {
		out, err := exec.CommandContext(t.Context(), args[0], args[1:]...).Output()
		if err != nil {
			t.Fatal(err)
		}
		found[name] = string(out)
	}
	found["cgroups"] = strings.Join(glob(t, "/sys/fs/cgroup/*/patchwave-lab-"+lab+"-*"), " ") +
		strings.Join(glob(t, "/sys/fs/cgroup/patchwave-lab-"+lab+"-*"), " ")
	found["directory"] = strings.Join(glob(t, filepath.Join(labhost.CacheDir, "run", lab)), " ")
	found["processes"] = strings.Join(processes(t, lab), "\n")
	return found
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// processes are those that name the lab in their arguments or run in one of its
// cgroups.
func processes(t *testing.T, lab string) []string {
	t.Helper()
	var found []string
	for _, dir := range glob(t, "/proc/[0-9]*") {
		arguments, err := os.ReadFile(dir + "/cmdline")
		if err != nil {
			continue // it ended meanwhile
		}
		cgroups, err := os.ReadFile(dir + "/cgroup")
		if err != nil {
			continue
		}
		if strings.Contains(string(arguments)+string(cgroups), lab) {
			found = append(found, dir+" "+strings.ReplaceAll(string(arguments), "\x00", " "))
		}
	}
	return found
}

func TestCloseLeavesNothing(t *testing.T) {
	t.Parallel()
	lab, err := labhost.Open(t.Context(), t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	id := filepath.Base(lab.Dir)
	if id == "" {
		t.Fatal("the lab has no name of its own")
	}
	before := traces(t, "no-such-lab")
	lab.Host(t, "one", labhost.Apt)
	two := lab.Host(t, "two", labhost.Dnf, labhost.Plain())
	two.MustSh(t, "setsid sleep 300 >/dev/null 2>&1 &")
	during := traces(t, id)
	if during["processes"] == "" || during["cgroups"] == "" || during["directory"] == "" {
		t.Errorf("the search for traces finds none of a running lab: %v", during)
	}
	if err := lab.Close(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, traces(t, id)); diff != "" {
		t.Errorf("left behind (-before +after):\n%s", diff)
	}
}

// TestKilledLab kills a process with an open lab: its guests die with it, and
// the next lab removes the rest.
func TestKilledLab(t *testing.T) {
	t.Parallel()
	if os.Getenv("LABHOST_TEST_VICTIM") != "" {
		victim(t)
		return
	}
	before := traces(t, "no-such-lab")
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilledLab$", "-test.v")
	cmd.Env = append(os.Environ(), "LABHOST_TEST_VICTIM=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	id := ""
	for scanner := bufio.NewScanner(out); id == "" && scanner.Scan(); {
		_, id, _ = strings.Cut(scanner.Text(), "victim ")
	}
	if id == "" || len(processes(t, id)) < 3 {
		t.Errorf("the lab %q did not start", id)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("the victim ended with %v", err)
	}
	err = labhost.Poll(within(t, 10*time.Second), 20*time.Millisecond, func() error {
		if left := processes(t, id); len(left) > 0 {
			return fmt.Errorf("still there: %q", left)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	labhost.Start(t) // sweeps
	if diff := cmp.Diff(before, traces(t, id)); diff != "" {
		t.Errorf("left behind by a killed lab (-before +after):\n%s", diff)
	}
}

func victim(t *testing.T) {
	t.Helper()
	lab := labhost.Start(t)
	lab.Host(t, "systemd", labhost.Apt)
	lab.Host(t, "plain", labhost.Apt, labhost.Plain())
	if _, err := os.Stdout.WriteString("victim " + filepath.Base(lab.Dir) + "\n"); err != nil {
		t.Fatal(err)
	}
	<-t.Context().Done() // until killed
}
