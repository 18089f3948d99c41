//go:build lab

package lab_test

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"patchwave/examples/lab/labhost"
)

// TestMain lets more trials run at once than there are processors: hosts that
// reboot or are held are waited for.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "5"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// fleet is a lab with some hosts and a configuration for them.
type fleet struct {
	lab   *labhost.Lab
	hosts map[string]*labhost.Host
	dir   string // the configuration
}

// labFlavours is a host of each package manager.
func labFlavours() []string {
	var names []string
	for _, flavour := range labhost.Flavours() {
		names = append(names, string(flavour))
	}
	return names
}

// everyKind is a host of each package manager, and one without systemd.
func everyKind() []string { return append(labFlavours(), "plain") }

// flavourOf reads the kind of a host out of its name: "apt", "apt-2"; "plain" is
// one with apt and without systemd, "btrfs" and
// "btrfsdefault" are with apt and a btrfs, "snapper" with apt and snapper, "suse" with
// zypper, snapper and the layout of openSUSE.
func flavourOf(name string) (labhost.Flavour, []labhost.Option) {
	kind, _, _ := strings.Cut(name, "-")
	if kind == "plain" {
		return labhost.Apt, []labhost.Option{labhost.Plain()}
	}
	switch kind {
	case "btrfs":
		return labhost.Apt, []labhost.Option{labhost.Btrfs()}
	case "btrfsdefault":
		return labhost.Apt, []labhost.Option{labhost.BtrfsDefault()}
	case "snapper":
		return labhost.Apt, []labhost.Option{labhost.Snapper()}
	case "suse":
		return labhost.Zypper, []labhost.Option{labhost.SnapperDefault()}
	}
	return labhost.Flavour(kind), nil
}

// newFleet boots hosts, see flavourOf, and writes a configuration with the given
// policies for them.
func newFleet(t *testing.T, policies string, names ...string) fleet {
	t.Helper()
	f := fleet{lab: labhost.Start(t), hosts: map[string]*labhost.Host{}, dir: t.TempDir()}
	if _, err := f.lab.Command(t.Context(), f.dir); err != nil { // built before anything is timed
		t.Fatal(err)
	}
	f.add(t, names...)
	f.configure(t, labhost.Config{Policies: policies})
	return f
}

// add boots hosts, all at once.
func (f fleet) add(t *testing.T, names ...string) {
	t.Helper()
	var mu sync.Mutex
	at(t, names, func(name string) error {
		flavour, options := flavourOf(name)
		h, err := f.lab.Add(t.Context(), name, flavour, options...)
		mu.Lock()
		defer mu.Unlock()
		f.hosts[name] = h
		return err
	})
}

// configure writes the configuration for all hosts.
func (f fleet) configure(t *testing.T, c labhost.Config) {
	t.Helper()
	hosts := f.lab.Hosts()
	slices.SortFunc(hosts, func(a, b *labhost.Host) int { return cmp.Compare(a.Name, b.Name) })
	if err := f.lab.WriteConfig(f.dir, c, hosts...); err != nil {
		t.Fatal(err)
	}
}

// names are all hosts, sorted.
func (f fleet) names() []string {
	var names []string
	for name := range f.hosts {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// at does something for each name, all at once, and fails the test with what
// went wrong.
func at(t *testing.T, names []string, do func(name string) error) {
	t.Helper()
	var wg sync.WaitGroup
	for _, name := range names {
		wg.Go(func() {
			if err := do(name); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	wg.Wait()
	if t.Failed() {
		t.FailNow()
	}
}

// sh runs on each host the script of its package manager, all at once, and
// returns what they printed. A host without a script is left out.
func (f fleet) sh(t *testing.T, scripts map[labhost.Flavour]string) map[string]string {
	t.Helper()
	var mu sync.Mutex
	outputs := map[string]string{}
	at(t, f.names(), func(name string) error {
		script, ok := scripts[f.hosts[name].Flavour]
		if !ok {
			return nil
		}
		out, err := f.hosts[name].Sh(t.Context(), script)
		mu.Lock()
		defer mu.Unlock()
		outputs[name] = out
		return err
	})
	return outputs
}

// onAll is the same script for every package manager.
func onAll(script string) map[labhost.Flavour]string {
	scripts := map[labhost.Flavour]string{}
	for _, flavour := range labhost.Flavours() {
		scripts[flavour] = script
	}
	return scripts
}

// patchwave runs it and wants the exit code.
func (f fleet) patchwave(t *testing.T, exit int, args ...string) labhost.Result {
	t.Helper()
	r, err := f.lab.Patchwave(t.Context(), f.dir, args...)
	if err != nil {
		t.Fatalf("patchwave %q: %v", args, err)
	}
	ended(t, r, exit, args...)
	return r
}

// ended wants the exit code of a run of patchwave.
func ended(t *testing.T, r labhost.Result, exit int, args ...string) {
	t.Helper()
	t.Logf("patchwave %q: %.1fs, status %d", args, r.Duration.Seconds(), r.ExitCode)
	if r.ExitCode != exit {
		t.Fatalf("patchwave %q ended with %d, want %d\n%s\n%s", args, r.ExitCode, exit, r.Stdout, r.Stderr)
	}
}

// background is patchwave at work while the test does something else.
type background struct {
	args []string
	done chan labhost.Result
}

// begin starts patchwave.
func (f fleet) begin(ctx context.Context, t *testing.T, args ...string) background {
	t.Helper()
	b := background{args: args, done: make(chan labhost.Result, 1)}
	go func() {
		r, err := f.lab.Patchwave(ctx, f.dir, args...)
		if err != nil {
			r.Stderr += err.Error()
			r.ExitCode = -1
		}
		b.done <- r
	}()
	return b
}

// wait waits for its end and wants the exit code.
func (b background) wait(t *testing.T, exit int) labhost.Result {
	t.Helper()
	r := <-b.done
	ended(t, r, exit, b.args...)
	return r
}

// same compares what was got with what was wanted.
func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}
