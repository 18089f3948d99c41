//go:build lab

package lab_test

import (
	"strings"
	"testing"
)

const someUpdates = `
baseline "some" {
  approve "some" {
    packages = ["labtool", "liblab", "labapp", "libauto", "confpkg"]
  }
}

policy "lab" {
  hosts    = group.lab
  baseline = baseline.some
  reboot {
    when = "never"
  }
}
`

// TestApply installs some of the updates everywhere and asks the hosts.
func TestApply(t *testing.T) {
	t.Parallel()
	f := newFleet(t, someUpdates, everyKind()...)
	f.patchwave(t, 0, "apply", "-p", "lab", "-y")
	apt := `dpkg-query -W -f '${Package} ${Version}\n' labtool liblab labapp libauto confpkg labmulti
		apt-mark showauto | grep -x libauto; cat /etc/confpkg.conf`
	aptWant := "confpkg 1.1-1\nlabapp 1.1-1\nlabmulti 1.0-1\nlabtool 1.1-1\nlibauto 1.1-1\nliblab 1.0-1+deb12u1\n" +
		"libauto\nsetting = local\n"
	rpm := `rpm -q --qf '%{name} %{version}-%{release}\n' confpkg labapp labmulti labtool libauto liblab; cat /etc/confpkg.conf`
	rpmWant := "confpkg 1.1-1.el9\nlabapp 1.1-1.el9\nlabmulti 1.0-1.el9\nlabtool 1.1-1.el9\nlibauto 1.1-1.el9\n" +
		"liblab 1.0-2.el9_4.1\nsetting = local\n"
	pacman := `pacman -Q confpkg labapp labmulti labtool libauto liblab; pacman -Qqd libauto; cat /etc/confpkg.conf`
	pacmanWant := "confpkg 1.1-1\nlabapp 1.1-1\nlabmulti 1.0-1\nlabtool 1.1-1\nlibauto 1.1-1\nliblab 1:1.0-2\n" +
		"libauto\nsetting = local\n"
	for name, c := range map[string]struct{ script, want string }{
		"apt": {apt, aptWant}, "plain": {apt, aptWant}, "dnf": {rpm, rpmWant}, "zypper": {rpm, rpmWant}, "pacman": {pacman, pacmanWant},
	} {
		out := f.hosts[name].MustSh(t, c.script)
		out = strings.ReplaceAll(out, "rpm: RPM should not be used directly install RPM packages, use Alien instead!\n", "")
		if out != c.want {
			t.Errorf("%s after the run:\n%s\nwant:\n%s", name, out, c.want)
		}
	}
}
