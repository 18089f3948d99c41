//go:build lab

package lab_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// release edits the head of the Release file of apt's security updates.
func release(lines string) string {
	return `cd /srv/repo/security/dists/bookworm-security
		sed -i "/^Valid-Until:/d; s/^Date:.*/` + lines + `/" Release`
}

// TestStale makes the package index of each host one that cannot be refreshed:
// the repository is dead, its Release has expired or is of tomorrow, as it looks
// to a host whose clock is wrong. What is known from before is listed, and said
// to be stale. Once the cause is gone, so is the state.
func TestStale(t *testing.T) {
	t.Parallel()
	f := newFleet(t, "", append(everyKind(), "apt-expired", "apt-future", "pacman-never")...)
	before := decode[scanDoc](t, f.patchwave(t, 0, "scan", "-o", "json"))
	broken := map[string]string{
		"apt": "lab-repo dead on", "plain": "lab-repo dead on", "dnf": "lab-repo dead on", "zypper": "lab-repo dead on",
		// a repository that was alive once, and one that never was
		"pacman":       `lab-repo dead on; for d in /var/lib/pacman /var/cache/patchwave-host/pacman; do cp $d/sync/lab.db $d/sync/dead.db; done`,
		"pacman-never": "lab-repo dead on",
		"apt-expired":  release("Date: Mon, 02 Nov 2020 00:00:00 UTC\\nValid-Until: Tue, 03 Nov 2020 00:00:00 UTC"),
		"apt-future":   release("Date: Sat, 02 Nov 2120 00:00:00 UTC"),
	}
	old := `for f in /var/lib/apt/lists /var/cache/patchwave-host/pacman/stamp; do touch -c -d '2 hours ago' $f; done; `
	at(t, f.names(), func(name string) error {
		_, err := f.hosts[name].Sh(t.Context(), old+broken[name])
		return err
	})
	said := map[string]string{
		"apt": "Could not connect to 127.0.0.1:9", "plain": "Could not connect to 127.0.0.1:9",
		"dnf": "could not refresh repository lab-dead", "zypper": "could not be refreshed (lab-dead)",
		"pacman": "failed retrieving file 'dead.db'", "pacman-never": "failed retrieving file 'dead.db'",
		"apt-expired": "the clock of the host is ahead", "apt-future": "the clock of the host is behind",
	}
	stale := decode[scanDoc](t, f.patchwave(t, 3, "scan", "--refresh", "always", "-o", "json"))
	for name, words := range said {
		host, want := stale.host(t, name), "stale"
		if name == "pacman-never" {
			want = "failed" // pacman does not answer, then
		} else if diff := cmp.Diff(before.host(t, name).Updates, host.Updates); diff != "" {
			t.Errorf("%s does not list what was known before (-before +stale):\n%s", name, diff)
		}
		if host.State != want || !strings.Contains(host.Error.Message, words) {
			t.Errorf("%s is %s: %+v, want %s with %q", name, host.State, host.Error, want, words)
		}
	}
	// A failed refresh does not make an index look fresh.
	for _, host := range decode[scanDoc](t, f.patchwave(t, 3, "scan", "-o", "json")).Hosts {
		if host.State == "ok" {
			t.Errorf("%s is ok at the next scan: %+v", host.Name, host)
		}
	}
	at(t, f.names(), func(name string) error {
		mend := "lab-repo dead off"
		if strings.HasPrefix(name, "apt-") {
			mend = release("Date: Mon, 02 Nov 2020 00:00:00 UTC")
		}
		_, err := f.hosts[name].Sh(t.Context(), mend)
		return err
	})
	f.patchwave(t, 0, "scan", "--refresh", "always", "-q")
}
