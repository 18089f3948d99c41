//go:build lab

package lab_test

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	"patchwave/examples/lab/labhost"
)

// tonight is a window that is open now, for some hours more.
func tonight() string {
	return strings.ReplaceAll(openWindow, "OPENS", time.Now().UTC().Add(-time.Minute).Format("15:04"))
}

const openWindow = `
baseline "some" {
  approve "some" {
    packages = ["labtool", "slowpkg"]
  }
}

window "always" {
  schedule = "OPENS"
  duration = "6h"
  timezone = "UTC"
}

policy "lab" {
  hosts    = [host.apt]
  baseline = baseline.some
  window   = window.always
  reboot {
    when = "never"
  }
}
`

// controllerSetup makes a guest a controller, as examples/systemd/README.md tells.
const controllerSetup = `
/usr/local/bin/patchwave schedule install
systemd-sysusers /etc/sysusers.d/patchwave.conf
systemd-tmpfiles --create /etc/tmpfiles.d/patchwave.conf
cd /root/config
sed -i -e 's|^ *database .*||' -e 's|^ *identity_files = .*|  identity_files = ["keys/id"]|' \
	-e 's|user  *= "patch"|user = "pwuser"|' -e 's|method = "sudo"|method = "sudo"\n    password = secret("cred:sudo")|' lab.hcl
install -m 640 -g patchwave *.hcl known_hosts /etc/patchwave/
install -m 600 -o patchwave -g patchwave id /etc/patchwave/keys/
install -d -m 700 /etc/credstore
printf 's3cret pass\n' >/etc/credstore/patchwave.sudo
mkdir -p /etc/systemd/system/patchwave.service.d
printf '[Service]\nLoadCredential=sudo:/etc/credstore/patchwave.sudo\n' >/etc/systemd/system/patchwave.service.d/sudo.conf
chmod 600 /etc/credstore/patchwave.sudo
rm -rf /root/config
systemctl daemon-reload
systemctl enable --now patchwave.timer
`

// TestTimer makes one machine the controller of another by nothing but the units:
// the timer starts the hardened service, the service patches, and stopping it in the
// middle loses nothing.
func TestTimer(t *testing.T) {
	t.Parallel()
	f := newFleet(t, tonight(), "apt", "apt-controller")
	controller, host := f.hosts["apt-controller"], f.hosts["apt"]
	f.upload(t, controller)
	f.hold(t)
	controller.MustSh(t, controllerSetup)
	defer func() {
		if t.Failed() {
			t.Log(controller.MustSh(t, "systemctl --no-pager status patchwave.timer patchwave.service; journalctl --no-pager -n 60; true"))
		}
	}()

	// it is stopped while slowpkg is installed: the host is brought to its end
	if err := waitFor(t.Context(), host, 4*time.Minute, ticking); err != nil {
		t.Fatal(err)
	}
	controller.MustSh(t, "systemctl stop patchwave.timer; systemctl stop --no-block patchwave.service")
	f.letGo(t)
	controller.MustSh(t, "systemctl stop patchwave.service")
	if got := host.MustSh(t, "dpkg-query -W -f '${Package} ${Version}\\n' labtool slowpkg"); got != "labtool 1.1-1\nslowpkg 2.0-1\n" {
		t.Errorf("after the service was stopped: %s", got)
	}
	asked := "systemctl show -P Result patchwave.service; " + operator + " status"
	if got := controller.MustSh(t, asked); !strings.HasPrefix(got, "success\n") || !strings.Contains(got, "finished: 1 done") {
		t.Errorf("%s\n%s", got, controller.MustSh(t, "journalctl --no-pager -u patchwave"))
	}

	// nothing more is due: that is done at once, and silent
	controller.MustSh(t, "systemctl start patchwave.service")
	if got := controller.MustSh(t, operator+" history -o json | grep -c '\"id\"'"); got != "1\n" {
		t.Errorf("%s runs", got)
	}
	log := controller.MustSh(t, "journalctl --no-pager -o cat -u patchwave.service")
	for _, no := range []string{"s3cret", "Starting ", "Finished ", "Deactivated"} {
		if strings.Contains(log, no) {
			t.Errorf("the journal has %q:\n%s", no, log)
		}
	}
	if !strings.Contains(log, "run r") {
		t.Errorf("the journal does not tell of the run:\n%s", log)
	}
}

// operator is the program as an operator calls it on the controller.
const operator = "runuser -u patchwave -- env XDG_STATE_HOME=/var/lib HOME=/var/lib/patchwave patchwave -C /etc/patchwave"

// upload brings the program, the configuration and the key to a guest.
func (f fleet) upload(t *testing.T, to *labhost.Host) {
	t.Helper()
	config, err := f.lab.SSHConfig()
	if err != nil {
		t.Fatal(err)
	}
	program, err := f.lab.Command(t.Context(), f.dir)
	if err != nil {
		t.Fatal(err)
	}
	to.MustSh(t, "mkdir -p /root/config")
	for from, path := range map[string]string{program.Path: "/usr/local/bin/patchwave", f.lab.KeyFile: "/root/config/id",
		f.dir + "/lab.hcl": "/root/config/", f.dir + "/policies.hcl": "/root/config/", f.dir + "/known_hosts": "/root/config/"} {
		cmd := exec.CommandContext(t.Context(), "scp", "-q", "-F", config, from, to.Name+":"+path)
		var said strings.Builder
		cmd.Stderr = &said
		if err := f.lab.Run(cmd); err != nil {
			t.Fatalf("bring %s to %s: %v: %s", from, to.Name, err, said.String())
		}
	}
}
