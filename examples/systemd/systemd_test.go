package systemd_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"patchwave/examples/systemd"
)

// TestFiles: what is written by default is what stands here, and what a reader sees
// here is what the constants say.
func TestFiles(t *testing.T) {
	files := systemd.Files(systemd.Program, systemd.Config)
	for i, name := range []string{"patchwave.service", "patchwave.timer", "patchwave.sysusers.conf", "patchwave.tmpfiles.conf"} {
		b, err := os.ReadFile(name)
		if err != nil || files[i].Text != string(b) {
			t.Errorf("%s is not what is written: %v", name, err)
		}
	}
	for _, want := range []string{"ExecStart=" + systemd.Program + " --config " + systemd.Config + " run", "Environment=XDG_STATE_HOME=" + strings.TrimSuffix(systemd.State, "/patchwave")} {
		if !strings.Contains(files[0].Text, want) {
			t.Errorf("the service does not say %s", want)
		}
	}
}

// TestReplaced: with another program and configuration nothing of these is left.
func TestReplaced(t *testing.T) {
	for _, f := range systemd.Files("/opt/pw", "/srv/pw") {
		if strings.Contains(f.Text, systemd.Program) || strings.Contains(f.Text, systemd.Config) {
			t.Errorf("%s: %s", f.Path, f.Text)
		}
	}
}

func TestPlain(t *testing.T) {
	for path, want := range map[string]bool{"/usr/bin/patchwave": true, "/opt/pw-1.2_3+4": true, "patchwave": false, "/a b": false, "/a%b": false,
		"/a$b": false, "/a\nb": false, `/a"b`: false, "/ü": false, "": false} {
		if got := systemd.Plain(path); got != want {
			t.Errorf("%q: %v", path, got)
		}
	}
}

func TestHidden(t *testing.T) {
	for path, want := range map[string]string{"/home/ann/pw": "/home", "/root": "/root", "/homes/pw": "", "/usr/bin/pw": "", "/var/tmp/pw": "/var/tmp"} {
		if got := systemd.Hidden(path); got != want {
			t.Errorf("%s: %q", path, got)
		}
	}
}

// TestReadmeCommands: the README's way is that of the program.
func TestReadmeCommands(t *testing.T) {
	b, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(b), "\n")
	for _, c := range systemd.Next() {
		if !slices.Contains(lines, "sudo "+strings.Join(c, " ")) {
			t.Errorf("README.md does not have the line: sudo %s", strings.Join(c, " "))
		}
	}
	for _, m := range regexp.MustCompile("`([A-Z][A-Za-z]+)=").FindAllStringSubmatch(string(b), -1) {
		if !strings.Contains(systemd.Files(systemd.Program, systemd.Config)[0].Text+"OnFailure=IPAddressAllow=LoadCredential=", m[1]+"=") {
			t.Errorf("README.md speaks of %s, which the unit does not have", m[1])
		}
	}
}
