package examples_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"patchwave/engine/config"
	"patchwave/policies"
)

// fakeGovc is a fake of govc with a state of files: s holds the names of snapshots, off
// is there while the machine is off, fail the beginning of a command that fails. It says
// what govc 0.52 was seen to say.
const fakeGovc = `#!/bin/sh
d=${0%/*}
echo "$*" >>"$d/ran"
env | grep -q '^GOVC_PASSWORD=se cret=$' || { echo "govc: ServerFaultCode: Cannot complete login due to an incorrect user name or password."; exit 1; }
if [ -s "$d/fail" ]; then case "$*" in "$(cat "$d/fail")"*) echo "govc: The operation is not allowed in the current state."; exit 1 ;; esac; fi
for last; do :; done
case "$*" in *nowhere*) echo "govc: vm 'nowhere' not found"; exit 1 ;; esac
case $1 in
snapshot.tree) sed '2,$s/^/  /' "$d/s"; [ ! -s "$d/s" ] || echo '  .' ;;
snapshot.create) [ -e "$d/lost" ] || echo "$last" >>"$d/s" ;;
snapshot.revert) : >"$d/off" ;;
snapshot.remove) grep -vxF "$last" "$d/s" >"$d/n"; mv "$d/n" "$d/s" ;;
object.collect) if [ -e "$d/off" ]; then echo poweredOff; else echo poweredOn; fi ;;
find) echo VirtualMachine:vm-61 ;;
vm.power) rm "$d/off"; echo "Powering on VirtualMachine:vm-61... OK" ;;
esac
`

// vsphere is a directory with the fake and a login.
func vsphere(t *testing.T) (dir string, point func(op, vm, tag string) (string, bool)) {
	t.Helper()
	dir = t.TempDir()
	write := func(name, text string, mode os.FileMode) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	write("govc", fakeGovc, 0o700)
	write("login", "# vCenter\nGOVC_URL=https://vcenter.example.net/sdk\nGOVC_USERNAME=u\nGOVC_PASSWORD=se cret=\n", 0o600)
	write("s", "daily\n", 0o600)
	return dir, func(op, vm, tag string) (string, bool) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "sh", "vsphere/point.sh", op, vm)
		cmd.Env = []string{"PATH=" + dir + ":" + os.Getenv("PATH"), "PATCHWAVE_POINT=" + tag, "GOVC_FILE=" + filepath.Join(dir, "login")}
		out, err := cmd.CombinedOutput()
		return strings.TrimSpace(string(out)), err == nil
	}
}

func file(t *testing.T, dir, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestVspherePoint is the life of a point by the example's program.
func TestVspherePoint(t *testing.T) {
	dir, point := vsphere(t)
	const tag = "patchwave-r1-00ff00"
	for _, step := range []struct {
		op    string
		ok    bool
		snaps string
	}{
		{"check", false, "daily\n"}, {"rollback", false, "daily\n"}, {"create", true, "daily\n" + tag + "\n"}, {"create", true, "daily\n" + tag + "\n"},
		{"check", true, "daily\n" + tag + "\n"}, {"rollback", true, "daily\n" + tag + "\n"}, {"remove", true, "daily\n"}, {"remove", true, "daily\n"},
	} {
		if out, ok := point(step.op, "WEB01", tag); ok != step.ok || file(t, dir, "s") != step.snaps {
			t.Errorf("%s: %v %s; snapshots %q", step.op, ok, out, file(t, dir, "s"))
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "off")); err == nil {
		t.Error("the machine was left off")
	}
	if strings.Contains(file(t, dir, "ran"), "secret") {
		t.Error("the password is an argument")
	}
}

// TestVsphereTrouble: what goes wrong ends with a status and says why.
func TestVsphereTrouble(t *testing.T) {
	const tag = "patchwave-r1-00ff00"
	for _, tt := range []struct{ name, op, vm, tag, put, text, why string }{
		{"another's", "remove", "WEB01", "daily", "", "", "none of patchwave"},
		{"odd name", "remove", "WEB01", "patchwave-a/b", "", "", "none of patchwave"},
		{"all machines", "create", "*", tag, "", "", "missing or odd"},
		{"an option", "create", "-h", tag, "", "", "missing or odd"},
		{"no machine", "create", "nowhere", tag, "", "", "not found"},
		{"login", "create", "WEB01", tag, "login", "GOVC_PASSWORD=wrong\n", "incorrect user name"},
		{"odd login", "create", "WEB01", tag, "login", "LD_PRELOAD=x\n", "nothing that govc logs in by"},
		{"password in the URL", "create", "WEB01", tag, "login", "GOVC_URL=https://u:p@vc/sdk\n", "stands in GOVC_URL"},
		{"not made", "create", "WEB01", tag, "lost", "x", "was not made"},
		{"refused", "create", "WEB01", tag, "fail", "snapshot.create", "not allowed in the current state"},
		{"twice", "check", "WEB01", tag, "s", tag + "\n" + tag + "\n", "2 snapshots have the name"},
		{"not known", "remove", "WEB01", tag, "fail", "snapshot.tree", "are not known"},
		{"not removed", "remove", "WEB01", tag, "fail", "snapshot.remove", "still there"},
		{"no start", "rollback", "WEB01", tag, "fail", "vm.power", "does not start"},
	} {
		dir, point := vsphere(t)
		if tt.op != "create" {
			if err := os.WriteFile(filepath.Join(dir, "s"), []byte("daily\n"+tag+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if tt.put != "" {
			if err := os.WriteFile(filepath.Join(dir, tt.put), []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if out, ok := point(tt.op, tt.vm, tt.tag); ok || !strings.Contains(out, tt.why) || strings.Contains(out, "\n") {
			t.Errorf("%s: %v %q", tt.name, ok, out)
		}
	}
	dir, point := vsphere(t)
	if err := os.Chmod(filepath.Join(dir, "login"), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, ok := point("check", "WEB01", tag); ok || !strings.Contains(out, "chmod 600") {
		t.Errorf("a login for all to read: %s", out)
	}
}

// TestVsphereConfiguration: the configuration of the example is one, without a warning.
func TestVsphereConfiguration(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(read(t, "vsphere/main.hcl.txt")), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, diags := config.Load(config.Options{Dir: dir, Version: "0.1.0", Home: "/home/op", Now: today()})
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	if p := cfg.Providers()["vsphere"]; p == nil || p.Type != policies.ProviderCommand || len(p.Rollback) != 3 {
		t.Errorf("%+v", p)
	}
}
