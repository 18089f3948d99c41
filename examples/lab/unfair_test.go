//go:build lab

package lab_test

import (
	"slices"
	"testing"

	"patchwave/examples/lab/labhost"
)

// answering has sshd send what every command prints through a filter.
func answering(filter string) string {
	return `cat >/usr/local/bin/answering <<'END'
#!/bin/sh
/bin/sh -c "$SSH_ORIGINAL_COMMAND" | ` + filter + `
END
		chmod 755 /usr/local/bin/answering
		echo 'ForceCommand /usr/local/bin/answering' >/etc/ssh/sshd_config.d/answering.conf
		kill -HUP "$(cat /run/sshd.pid)"`
}

// lying has apt-get report success and do nothing, unless it is only asked.
const lying = `cat >/usr/local/bin/apt-get <<'END'
#!/bin/sh
real=yes
for a; do case $a in -s | --simulate) real=no ;; esac; done
for a; do case $real$a in yesinstall | yesdist-upgrade) echo done; exit 0 ;; esac; done
exec /usr/bin/apt-get "$@"
END
	chmod 755 /usr/local/bin/apt-get`

// TestUnfair applies a saved plan to hosts of which one now says one byte a
// second, one floods, one never answers, and one lies about its success. Each
// costs its own deadline and has its own record; all others are done long before.
func TestUnfair(t *testing.T) {
	t.Parallel()
	good := []string{"plain", "plain-two"}
	bad := []string{"plain-drips", "plain-floods", "apt-silent", "plain-lies"}
	f := newFleet(t, "", append(bad, good...)...)
	f.configure(t, labhost.Config{Policies: oneUpdate, Connection: "timeouts {\n connect = \"4s\"\n command = \"20s\"\n}\nretry {\n attempts = 1\n}"})
	f.patchwave(t, 0, "plan", "--out", "tonight.plan", "-q")
	for name, script := range map[string]string{
		"plain-drips":  answering(`perl -e '$|=1; while (read STDIN, $c, 1) { print $c; sleep 1 }'`),
		"plain-floods": answering(`cat; yes flood`),
		"apt-silent":   `kill -STOP "$(cat /run/sshd.pid)"`,
		"plain-lies":   lying,
	} {
		f.hosts[name].MustSh(t, script)
	}
	r := f.patchwave(t, 3, "apply", "tonight.plan", "-y", "-o", "json")
	doc := decode[runDoc](t, r)
	want := everywhere("done", good...)
	want["plain-drips"], want["plain-floods"], want["apt-silent"], want["plain-lies"] = "failed", "failed", "unreachable", "failed"
	same(t, "states", want, doc.states())
	for name, code := range map[string]string{"plain-drips": "timeout", "apt-silent": "timeout", "plain-lies": "exit"} {
		if h := doc.host(t, name); h.Error.Code != code {
			t.Errorf("%s: %+v, want %s", name, h.Error, code)
		}
	}
	if i := slices.IndexFunc(doc.host(t, "plain-lies").Updates, func(c change) bool { return c.State == "claimed-but-still-offered" }); i < 0 {
		t.Errorf("the host that lies: %+v", doc.host(t, "plain-lies"))
	}
	slowest := doc.host(t, "plain-drips").ended(t)
	for _, name := range good {
		if done := doc.host(t, name).ended(t); !done.Before(slowest) {
			t.Errorf("%s was done at %s, and the host that drips at %s", name, done, slowest)
		}
	}
}
