//go:build lab

package lab_test

import (
	"fmt"
	"testing"
	"time"

	"patchwave/examples/lab/labhost"
)

// countCommands has sshd write down every command that it is asked to run.
const countCommands = `
	touch /var/log/commands; chmod 666 /var/log/commands
	printf '#!/bin/sh\necho asked >>/var/log/commands\nexec /bin/sh -c "$SSH_ORIGINAL_COMMAND"\n' >/usr/local/bin/counted
	chmod 755 /usr/local/bin/counted
	echo 'ForceCommand /usr/local/bin/counted' >/etc/ssh/sshd_config.d/counted.conf
	kill -HUP "$(cat /run/sshd.pid)"`

// TestMany scans twenty hosts at once. Each is asked with two commands at most.
// One hangs in the middle of its answer, one before it greets: they cost their
// own deadline, and nobody else's time.
func TestMany(t *testing.T) {
	t.Parallel()
	var names []string
	for i := range 18 {
		names = append(names, fmt.Sprintf("plain-%d", i+1))
	}
	f := newFleet(t, "", append(names, "plain-hangs", "apt-silent")...)
	f.configure(t, labhost.Config{Connection: "timeouts {\n connect = \"3s\"\n command = \"30s\"\n}\nretry {\n attempts = 1\n}"})
	f.sh(t, onAll(countCommands))
	at(t, f.names(), func(name string) error { return f.hosts[name].WaitUp(t.Context()) })
	f.hosts["plain-hangs"].MustSh(t, `printf '#!/bin/sh\nkill -STOP $$\n' >/usr/local/bin/apt-cache; chmod 755 /usr/local/bin/apt-cache`)
	f.hosts["apt-silent"].MustSh(t, `kill -STOP "$(cat /run/sshd.pid)"`)

	r := f.patchwave(t, 3, "scan", "-o", "json")
	scan := decode[scanDoc](t, r)
	if r.Duration < 30*time.Second || r.Duration > 45*time.Second {
		t.Errorf("the scan took %s, the deadline of the host that hangs is 30s", r.Duration)
	}
	asked := f.sh(t, onAll("wc -l </var/log/commands"))
	for _, name := range names {
		h := scan.host(t, name)
		if h.State != "ok" || h.Duration > 25000 || len(h.Updates) != 21 {
			t.Errorf("%s is %s with %d updates after %d ms", name, h.State, len(h.Updates), h.Duration)
		}
		if asked[name] != "1\n" && asked[name] != "2\n" {
			t.Errorf("%s was asked with %q commands", name, asked[name])
		}
	}
	if h := scan.host(t, "plain-hangs"); h.State != "failed" || h.Error.Code != "timeout" {
		t.Errorf("the host that hangs is %s, %+v", h.State, h.Error)
	}
	if h := scan.host(t, "apt-silent"); h.State != "unreachable" || h.Error.Code != "timeout" || h.Duration > 10000 {
		t.Errorf("the silent host is %s after %d ms, %+v", h.State, h.Duration, h.Error)
	}
	t.Logf("commands: %v", asked)
}
