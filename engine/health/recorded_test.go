package health

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors/framing"
	"patchwave/engine/journal"
	"patchwave/policies"
)

// recorded is what the script said on a host of the lab (nonce 00ff).
func recorded(t testing.TB, name string) framing.Answer {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name+".out"))
	if err != nil {
		t.Fatal(err)
	}
	a := framing.Parse("00ff", b, nil)
	if !a.Complete {
		t.Fatal("the answer is not whole")
	}
	return a
}

func TestRecorded(t *testing.T) {
	systemd := func(manager string) journal.HealthData {
		return journal.HealthData{Init: "systemd", Manager: manager, Services: []string{"labd", "labdbad", "ssh"},
			Listeners: []string{"tcp/22", "tcp/8098", "tcp/8099"}, Mounts: []string{"/", "/tmp"}, FailedUnits: []string{}, BrokenPackages: []string{},
			Kernel: "6.18.44-lab", Kernels: []string{}, Routes: []string{"10.77.0.0/24", "default"}, Time: "no"}
	}
	plain := journal.HealthData{Init: "sysv", Manager: "dpkg", Services: []string{"ssh"}, Listeners: []string{"tcp/22"}, Mounts: []string{"/"},
		FailedUnits: []string{}, BrokenPackages: []string{}, Kernel: "6.18.44-lab", Kernels: []string{}, Routes: []string{"10.77.0.0/24", "default"}}
	openrc := plain
	openrc.Init, openrc.Services = "openrc", []string{"doze", "nap"}
	tests := map[string]journal.HealthData{"apt": systemd("dpkg"), "dnf": systemd("rpm"), "zypper": systemd("rpm"), "plain": plain, "openrc": openrc}
	for name, want := range tests {
		t.Run(name, func(t *testing.T) {
			f := parseFingerprint(recorded(t, name), policies.HealthParts())
			if err := f.Err(); err != nil {
				t.Error(err)
			}
			if len(f.BootID) != 36 {
				t.Errorf("boot id %q", f.BootID)
			}
			f.BootID = ""
			if diff := cmp.Diff(want, f.HealthData); diff != "" {
				t.Error(diff)
			}
			for _, r := range Difference(f.HealthData, f, policies.HealthParts(), nil) {
				if !r.OK || r.Detail == "" || r.Kind != ProbeUnchanged {
					t.Errorf("with itself: %+v", r)
				}
			}
		})
	}
}

// answerOf is an answer with frames "NAME[!RC]" and their text in turn.
func answerOf(frames ...string) framing.Answer {
	a := framing.Answer{Complete: true}
	for i := 0; i+1 < len(frames); i += 2 {
		name, rc, _ := strings.Cut(frames[i], "!")
		f := framing.Frame{Name: name, Out: []byte(frames[i+1]), RC: len(rc)}
		a.Frames = append(a.Frames, f)
	}
	return a
}

// unitText is a block of systemctl show.
func unitText(id string, more ...string) string {
	return strings.Join(append([]string{"Id=" + id + ".service", "ActiveState=active", "SubState=running"}, more...), "\n") + "\n\n"
}

func TestServices(t *testing.T) {
	text := unitText("nginx", "UnitFileState=enabled", "Type=notify") +
		unitText("docker", "UnitFileState=enabled", "TriggeredBy=docker.socket") +
		unitText("by-hand", "UnitFileState=disabled") +
		unitText("polkit", "UnitFileState=static", "Type=dbus") +
		unitText("cups", "UnitFileState=disabled", "TriggeredBy=cups.socket") +
		unitText("job", "Transient=yes") +
		unitText("user@1000") + unitText("getty@tty1", "UnitFileState=enabled") + unitText("sshd@3-10.0.0.1:22-10.0.0.2:400") +
		unitText("patchwave-job-1") + unitText("run-u7") + unitText("packagekit") +
		"Id=mount.service\nActiveState=active\nSubState=exited\n\n" +
		"Id=loops.service\nActiveState=activating\nSubState=auto-restart\n\n" +
		"Id=\x1b[2Jevil.service\nActiveState=failed\nSubState=failed\n"
	f := parseFingerprint(answerOf("basics", "init=systemd", "services", text), []string{"services"})
	if diff := cmp.Diff([]string{"by-hand", "docker", "nginx"}, f.Services); diff != "" {
		t.Error(diff)
	}
	want := map[string]string{"mount": "active (exited)", "loops": "activating (auto-restart)", "?[2Jevil": "failed"}
	if diff := cmp.Diff(want, f.States); diff != "" || !f.Runs["polkit"] {
		t.Error(diff)
	}
}

func TestListenersAndRoutes(t *testing.T) {
	f := parseFingerprint(answerOf("basics", "", "range", "32768\t60999\n", "listeners", strings.Join([]string{
		"tcp 00000000:01BB 0", "tcp6 00000000000000000000000000000000:01BB 0", "tcp 0100007F:1538 0", "tcp6 00000000000000000000000001000000:0277 0",
		"tcp6 0000000000000000FFFF00000100007F:0278 0", "tcp 0F02000A:1F90 33", "tcp 0100007F:177A 1000", "udp 00000000:0044 0", "udp 00000000:007B 0",
		"udp 00000000:D431 102", "tcp 00000000:9C41 0", "tcp 00000000:8124 105", "tcp 0100007F:8125 105", "tcp nonsense", "tcp ZZ:1 0", "tcp 00:1F90 0", "",
	}, "\n"), "routes", strings.Join([]string{
		"4 eth0 00000000 00000000 0003", "4 eth0 0002000A 00FFFFFF 0001", "4 docker0 000011AC 0000FFFF 0001",
		"4 eth0 0000FEA9 0000FFFF 0001", "4 eth0 0000000A 000000FF 0200", "6 eth0 00000000000000000000000000000000 00 00000003",
		"6 eth0 20010db8000000000000000000000000 40 00000001", "6 eth0 20010db8000000000000000000000005 80 80200001", "6 eth0 fe800000000000000000000000000000 40 00000001",
		"6 eth0 zz 40 00000001", "4 eth0 00 00 0001", "6", "",
	}, "\n")), []string{"listeners", "routes"})
	want := []string{"tcp/443", "tcp/5432 on loopback", "tcp/631 on loopback", "tcp/632 on loopback", "tcp/8080", "tcp/33060 of user 105",
		"tcp/33061 of user 105 on loopback", "udp/123"}
	slices.Sort(want)
	if diff := cmp.Diff(want, f.Listeners); diff != "" {
		t.Error(diff)
	}
	routes := []string{"10.0.2.0/24", "2001:db8::/64", "default", "default of IPv6"}
	if diff := cmp.Diff(routes, f.Routes); diff != "" {
		t.Error(diff)
	}
}

func TestMounts(t *testing.T) {
	f := parseFingerprint(answerOf("basics", "", "mounts", strings.Join([]string{
		"overlay / overlay rw 0 0", "/dev/sda2 /boot ext4 ro,relatime 0 0", "systemd-1 /efi autofs rw,direct 0 0", "/dev/sda1 /efi vfat rw 0 0",
		"auto.home /home autofs rw 0 0", "nas:/h/eve /home/eve nfs4 rw 0 0", "nas:/data /srv/my\\040data nfs4 rw 0 0", "tmpfs /run/user/0 tmpfs rw 0 0",
		"/dev/loop3 /snap/core/1 squashfs ro 0 0", "overlay /var/lib/docker/overlay2/x/merged overlay rw 0 0", "tmpfs /tmp tmpfs rw 0 0",
		"proc /proc proc rw 0 0", "/dev/sdb1 /media/usb vfat rw 0 0", "bad", "",
	}, "\n")), []string{"mounts"})
	if diff := cmp.Diff([]string{"/", "/boot (read-only)", "/srv/my data", "/tmp"}, f.Mounts); diff != "" {
		t.Error(diff)
	}
}

// TestUntold: what a host does not tell is never taken for "nothing".
func TestUntold(t *testing.T) {
	many := strings.Repeat("x\n", 10) + "@cut\n"
	long := ""
	for i := range 3000 {
		long += "tcp 00000000:" + strings.ToUpper(hex4(i+1)) + " 0\n"
	}
	tests := []struct {
		name, part string
		answer     framing.Answer
		says       string
	}{
		{"no frame", "listeners", answerOf("basics", ""), "does not tell"},
		{"a status", "failed_units", answerOf("basics", "init=systemd", "failed_units!!", "Failed to connect to bus"), "exit status 1"},
		{"cut", "mounts", answerOf("basics", "", "mounts", many), "too much"},
		{"too many", "listeners", answerOf("basics", "", "listeners", long), "more than the 2000"},
		{"no services", "services", answerOf("basics", "init=systemd", "services", "\n"), "names no service"},
		{"no mounts", "mounts", answerOf("basics", "", "mounts", "proc /proc proc rw 0 0"), "names no mount"},
		{"no kernel", "kernel", answerOf("basics", "", "kernels", ""), "does not tell"},
		{"another part", "prayers", answerOf("basics", ""), "does not know"},
	}
	for _, tt := range tests {
		f := parseFingerprint(tt.answer, []string{tt.part})
		if err := f.Err(); err == nil || !strings.Contains(err.Error(), tt.part) || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	// A host without a service manager has no services: that is an answer.
	f := parseFingerprint(answerOf("basics", "init=\nmanager="), []string{"services", "failed_units", "broken_packages"})
	if f.Err() != nil {
		t.Error(f.Err())
	}
	for _, r := range Difference(f.HealthData, f, []string{"services", "failed_units", "broken_packages"}, nil) {
		if !r.OK || r.Detail != nothing {
			t.Errorf("%+v", r)
		}
	}
}

func hex4(n int) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[n>>12&15], digits[n>>8&15], digits[n>>4&15], digits[n&15]})
}

// FuzzFingerprint: whatever a host says, the fingerprint is bounded and printable,
// and is not worse than itself.
func FuzzFingerprint(f *testing.F) {
	for _, name := range []string{"apt", "plain", "openrc", "windows-hand-made"} {
		b, err := os.ReadFile(filepath.Join("testdata", name+".out"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte("@@00ff BEGIN basics\ninit=systemd\n@@00ff END basics rc=0\n@@00ff BEGIN routes\n4 eth0 00 00 01\n@@00ff END routes rc=0\n"))
	f.Fuzz(func(t *testing.T, out []byte) {
		got := parseFingerprint(framing.Parse("00ff", out, out), policies.HealthParts())
		all := slices.Concat(got.Services, got.Listeners, got.Mounts, got.FailedUnits, got.BrokenPackages, got.Kernels, got.Routes,
			[]string{got.BootID, got.Init, got.Manager, got.Kernel, got.Time})
		if len(all) > 7*mostItems+5 {
			t.Fatalf("%d items", len(all))
		}
		for _, s := range all {
			if len(s) > mostName+20 || strings.ContainsAny(s, "\x1b\n\x00") {
				t.Fatalf("%q", s)
			}
		}
		for _, r := range Difference(got.HealthData, got, policies.HealthParts(), nil) {
			if _, told := got.Missing[r.Name]; !told && !r.OK || len(r.Detail) > mostDetail+10 {
				t.Fatalf("%+v", r)
			}
		}
	})
}
