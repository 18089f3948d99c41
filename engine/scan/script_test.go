package scan

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"patchwave/connectors"
	"patchwave/connectors/framing"
	"patchwave/connectors/script"
	"patchwave/inventory"
)

// shells are the POSIX shells at hand.
func shells(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for name, argv := range map[string][]string{"sh": {"sh", "-s"}, "dash": {"dash", "-s"}, "bash": {"bash", "--posix", "-s"}, "busybox": {"busybox", "sh", "-s"}} {
		if _, err := exec.LookPath(argv[0]); err == nil {
			found[name] = argv
		}
	}
	return found
}

// ask runs the functions of the scan script in a shell, followed by more.
func ask(t *testing.T, argv []string, before, after string, args map[string]string) framing.Answer {
	t.Helper()
	body, ok := strings.CutSuffix(scanShell, "scan_main\n")
	if !ok {
		t.Fatal("the script does not end with scan_main")
	}
	b, err := script.Encode(connectors.DialectSh, script.Script{Name: "scan", Version: 1, Sh: before + body + after}, "00ff", args)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(argv[0], argv[1:]...)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(b), &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %v\n%s", argv, err, errs.String())
	}
	a := framing.Parse("00ff", out.Bytes(), errs.Bytes())
	if !a.Complete {
		t.Fatalf("%v: the answer is not whole:\n%s%s", argv, out.String(), errs.String())
	}
	return a
}

// TestManagerIsFoundBySystem: os-release decides, what else is installed does not.
func TestManagerIsFoundBySystem(t *testing.T) {
	const machine = `
scan_os_release() { printf '%s\n' "$pw_arg_release"; }
pw_has() { case " $pw_arg_has " in *" $1 "*) return 0 ;; *) return 1 ;; esac; }
dnf() { printf '%s\n' "$pw_arg_dnf"; }
pw_put found "$(scan_find_manager)"
`
	tests := []struct{ release, has, dnf, want string }{
		{"ID=debian", "apt-get dnf rpm", "", "apt"},
		{"ID=linuxmint\nID_LIKE=\"ubuntu debian\"", "apt-get", "", "apt"},
		{"ID=raspbian\nID_LIKE=debian", "apt-get", "", "apt"},
		{"ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"", "dnf yum apt-get", "4.14.0", "dnf"},
		{"ID=\"almalinux\"\nID_LIKE=\"rhel centos fedora\"", "dnf yum", "4.14.0", "dnf"},
		{"ID=\"ol\"\nID_LIKE=\"fedora\"", "dnf", "4.14.0", "dnf"},
		{"ID=\"amzn\"\nID_LIKE=\"fedora\"", "dnf", "4.14.0", "dnf"},
		{"ID=\"amzn\"\nID_LIKE=\"centos rhel fedora\"", "yum", "", "yum"},
		{"ID=fedora", "dnf dnf5", "dnf5 version 5.2.13", "dnf5"},
		{"ID=fedora", "dnf5", "", "dnf5"},
		{"ID=fedora", "", "", ""},
		{"ID=\"opensuse-leap\"\nID_LIKE=\"suse opensuse\"", "zypper rpm", "", "zypper"},
		{"ID=\"sles\"\nID_LIKE=\"suse\"", "zypper", "", "zypper"},
		{"ID=\"opensuse-microos\"\nID_LIKE=\"suse opensuse\"", "zypper transactional-update", "", "transactional-update"},
		{"ID=arch", "pacman", "", "pacman"},
		{"ID=manjaro\nID_LIKE=arch", "pacman apt-get", "", "pacman"},
		{"ID=alpine", "apk", "", "apk"},
		{"ID=void", "xbps-install", "", ""},
		{"ID=homemade", "apk", "", "apk"},
		{"ID=homemade", "dnf", "dnf5 version 5.2.13", "dnf5"},
		{"", "apt-get", "", "apt"},
		{"", "", "", ""},
	}
	for shell, argv := range shells(t) {
		t.Run(shell, func(t *testing.T) {
			for _, tt := range tests {
				a := ask(t, argv, "", machine, map[string]string{"release": tt.release, "has": tt.has, "dnf": tt.dnf})
				if f, _ := a.Get("found"); string(f.Out) != tt.want {
					t.Errorf("%q with %q: %q, want %q", tt.release, tt.has, f.Out, tt.want)
				}
			}
		})
	}
}

// TestRefreshOfTheIndex: when the script refreshes, and that it says how old the
// index is afterwards.
func TestRefreshOfTheIndex(t *testing.T) {
	tests := []struct {
		refresh   Refresh
		age       string // "" is no index at all
		refreshed bool
		after     string
	}{
		{RefreshAuto, "", true, "age=0"},
		{RefreshAuto, "3600", false, "age=3600"},
		{RefreshAuto, "3601", true, "age=0"},
		{RefreshAlways, "5", true, "age=0"},
		{RefreshNever, "999999", false, "age=999999"},
		{RefreshNever, "", false, "age="},
	}
	for shell, argv := range shells(t) {
		t.Run(shell, func(t *testing.T) {
			for _, tt := range tests {
				dir := t.TempDir()
				if tt.age != "" {
					if err := os.WriteFile(filepath.Join(dir, "index"), []byte(tt.age+"\n"), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				a := ask(t, argv, fake{}.Shell().Scan, "scan_find_manager() { echo fake; }\nscan_main\n", map[string]string{
					"managers": "apt fake", "refresh": string(tt.refresh), "max_age": "3600", "lock_wait": "120", "names": "a\nb", "dir": dir})
				_, refreshed := a.Get("fake.refresh")
				index, _ := a.Get("index")
				if refreshed != tt.refreshed || string(index.Out) != tt.after {
					t.Errorf("refresh %s of an index of age %q: %v, then %q", tt.refresh, tt.age, refreshed, index.Out)
				}
				if f, _ := a.Get("fake.scan"); string(f.Out) != "names=a\nb" {
					t.Errorf("the manager saw %q", f.Out)
				}
			}
		})
	}
}

// TestFactsOfThisMachine: what the script says of the machine that it runs on
// can be read; a manager that nobody knows is named and not asked.
func TestFactsOfThisMachine(t *testing.T) {
	for shell, argv := range shells(t) {
		t.Run(shell, func(t *testing.T) {
			a := ask(t, argv, "", "scan_find_manager() { echo slackpkg; }\nscan_main\n", map[string]string{
				"managers": "apt", "refresh": "auto", "max_age": "3600"})
			o := Parse(a, managers(), noon())
			f := o.Facts
			if f.BootID == "" || f.Kernel == "" || f.Arch == "" || f.Uptime <= 0 || f.DiskFree["/"] <= 0 || f.ClockSkew == 0 {
				t.Errorf("%+v", f)
			}
			if o.State != inventory.ScanFailed || o.Problem == nil || !strings.Contains(o.Problem.Message, "slackpkg is not supported yet") {
				t.Errorf("%s %+v", o.State, o.Problem)
			}
			none := ask(t, argv, "", "scan_find_manager() { :; }\nscan_main\n", map[string]string{"managers": "", "refresh": "never", "max_age": "0"})
			for _, a := range []framing.Answer{a, none} {
				if _, ok := a.Get("index"); ok {
					t.Error("the script went on without a manager")
				}
			}
		})
	}
}
