//go:build lab

package labhost_test

import (
	"bufio"
	"context"
	"strings"
	"testing"
	"time"

	"patchwave/examples/lab/labhost"
)

func bootID(t *testing.T, h *labhost.Host) string {
	t.Helper()
	id, err := h.BootID()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func TestReboot(t *testing.T) {
	t.Parallel()
	lab := labhost.Start(t)
	for name, c := range map[string]struct {
		options []labhost.Option
		reboot  string
	}{
		"systemd": {nil, "sudo systemd-run --quiet --on-active=1s systemctl reboot"},
		"plain":   {[]labhost.Option{labhost.Plain()}, `sudo sh -c 'setsid sh -c "sleep 1; reboot -f" </dev/null >/dev/null 2>&1 &'`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := lab.Host(t, name, labhost.Apt, c.options...)
			before := bootID(t, h)
			h.MustSh(t, "touch /kept")
			if err := h.HoldBoot(); err != nil {
				t.Fatal(err)
			}
			r, err := h.SSH(t.Context(), "patch", c.reboot)
			if err != nil || r.ExitCode != 0 {
				t.Fatalf("asking for a reboot: %+v, %v", r, err)
			}
			if _, err := h.WaitReboot(within(t, 4*time.Second), before); err == nil {
				t.Fatal("it came back although it is held")
			}
			if err := h.ReleaseBoot(); err != nil {
				t.Fatal(err)
			}
			after, err := h.WaitReboot(within(t, time.Minute), before)
			if err != nil {
				t.Fatal(err)
			}
			r, err = h.SSH(t.Context(), "patch", "cat /proc/sys/kernel/random/boot_id; ls /kept")
			if err != nil || r.Stdout != after+"\n/kept\n" {
				t.Errorf("after the reboot with boot id %s: %+v, %v", after, r, err)
			}
		})
	}
}

func TestResetAndPower(t *testing.T) {
	t.Parallel()
	h := labhost.Start(t).Host(t, "web", labhost.Pacman)
	first := bootID(t, h)
	h.MustSh(t, "touch /changed; pacman -S --noconfirm labtool")
	if err := h.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Sh(t.Context(), "true"); err == nil {
		t.Error("a script ran on a guest that is off")
	}
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if second := bootID(t, h); second == first {
		t.Error("the boot id stayed over a power cut")
	}
	h.MustSh(t, "ls /changed && pacman -Q labtool | grep -x 'labtool 1.1-1'")
	began := time.Now()
	if err := h.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Logf("reset after %.1fs", time.Since(began).Seconds())
	h.MustSh(t, "[ ! -e /changed ] && pacman -Q labtool | grep -x 'labtool 1.0-1'")
	if r, err := h.SSH(t.Context(), "root", "hostname"); err != nil || r.Stdout != "web\n" {
		t.Errorf("the host key changed? %+v, %v", r, err)
	}
}

func TestLink(t *testing.T) {
	t.Parallel()
	lab := labhost.Start(t)
	h := lab.Host(t, "web", labhost.Apt)
	conn, err := lab.Dial(t.Context(), "tcp", h.Endpoint())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	reader := bufio.NewReader(conn)
	if _, err := reader.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	if err := h.LinkDown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := lab.Dial(within(t, time.Second), "tcp", h.Endpoint()); err == nil {
		t.Error("connected through a cut cable")
	}
	h.MustSh(t, "true") // past the network
	if _, err := conn.Write([]byte("SSH-2.0-labtest\r\n")); err != nil {
		t.Errorf("an open connection noticed the cut at once: %v", err)
	}
	if err := h.LinkUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := h.WaitUp(within(t, 10*time.Second)); err != nil {
		t.Fatal(err)
	}
	// What was written into the cut arrives: the server goes on with its key exchange.
	if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := reader.ReadByte(); err != nil {
		t.Errorf("the open connection did not survive: %v", err)
	}
}

func TestKillSSHSessions(t *testing.T) {
	t.Parallel()
	h := labhost.Start(t).Host(t, "web", labhost.Apt)
	type answer struct {
		r   labhost.Result
		err error
	}
	done := make(chan answer, 1)
	go func() {
		r, err := h.SSH(t.Context(), "patch", "echo $$ >/tmp/pid; sleep 60; echo end")
		done <- answer{r, err}
	}()
	err := labhost.Poll(within(t, 10*time.Second), 50*time.Millisecond, func() error {
		_, err := h.Sh(t.Context(), "[ -s /tmp/pid ]")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.KillSSHSessions(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a := <-done; a.err != nil || a.r.ExitCode != 255 || a.r.Stdout != "" {
		t.Errorf("the session ended with %+v, %v", a.r, a.err)
	}
	if r, err := h.SSH(t.Context(), "patch", "echo again"); err != nil || r.Stdout != "again\n" {
		t.Errorf("the next session: %+v, %v", r, err)
	}
}

func TestUsers(t *testing.T) {
	t.Parallel()
	h := labhost.Start(t).Host(t, "web", labhost.Apt)
	for _, c := range []struct {
		user, line string
		exit       int
		stdout     string
		stderr     string // a part of it
	}{
		{"root", "id -un", 0, "root\n", ""},
		{"patch", "sudo -n id -un", 0, "root\n", ""},
		{"pwuser", "sudo -n id -un", 1, "", "a password is required"},
		{"pwuser", `echo 's3cret pass' | sudo -S -p '' id -un`, 0, "root\n", ""},
		{"pwuser", `echo wrong | sudo -S -p '' id -un`, 1, "", "incorrect password attempt"},
		{"nosudo", `echo any | sudo -S -p '' id -un`, 1, "", "Sorry, try again"},
		{"doasuser", "doas -n id -un", 0, "root\n", ""},
		{"limited", "sudo -n sh -c id", 1, "", "a password is required"},
		{"limited", "sudo -n apt-get --version >/dev/null && echo may", 0, "may\n", ""},
		{"noisy", "sudo -n id -un", 0, "Welcome! 12 updates can be applied immediately.\nroot\n", "this is not an error"},
	} {
		r, err := h.SSH(t.Context(), c.user, c.line)
		if err != nil || r.ExitCode != c.exit || r.Stdout != c.stdout || !strings.Contains(r.Stderr, c.stderr) {
			t.Errorf("%s: %s: %+v, %v", c.user, c.line, r, err)
		}
	}
}

func TestRepositories(t *testing.T) {
	t.Parallel()
	lab := labhost.Start(t)
	for f, c := range map[labhost.Flavour]struct{ next, dead string }{
		labhost.Apt:    {"apt-get -qq update; apt-cache policy labtool | grep 'Candidate: 1.2-1'", "apt-get -q update --error-on=any"},
		labhost.Dnf:    {"dnf -q check-update labtool | grep 1.2-1.el9", "dnf -q makecache --refresh"},
		labhost.Zypper: {"zypper -q -n refresh; zypper -q -n list-updates | grep 'labtool .* 1.2-1.el9'", "zypper -n refresh"},
		labhost.Pacman: {"pacman -Sy; pacman -Qu | grep 'labtool 1.0-1 -> 1.2-1'", "pacman -Sy"},
	} {
		t.Run(string(f), func(t *testing.T) {
			t.Parallel()
			h := lab.Host(t, string(f), f)
			h.MustSh(t, "lab-repo next on\n"+c.next)
			h.MustSh(t, "lab-repo next off\n! { "+c.next+"; }")
			if out, err := h.Sh(t.Context(), "lab-repo dead on\n"+c.dead); err == nil {
				t.Errorf("a refresh worked with a dead repository:\n%s", out)
			}
			h.MustSh(t, "lab-repo dead off\n"+c.dead)
		})
	}
}

func TestBare(t *testing.T) {
	t.Parallel()
	h := labhost.Start(t).Host(t, "bare", labhost.Dnf, labhost.Bare())
	h.MustSh(t, "[ ! -e /etc/yum.repos.d/lab.repo ] && ! dnf -q repolist | grep lab")
	if err := h.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.MustSh(t, "rpm -q labtool-1.0-1.el9")
}
