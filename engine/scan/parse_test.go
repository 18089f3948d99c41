package scan

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors/framing"
	"patchwave/engine/updates"
	"patchwave/inventory"
)

func TestParseTakesTheListing(t *testing.T) {
	yes := true
	stale := &inventory.Problem{Code: "exit", Message: "a repository is dead"}
	tests := []struct {
		name    string
		listing updates.Listing
		state   inventory.ScanState
		problem *inventory.Problem
	}{
		{"ok", updates.Listing{State: inventory.ScanOK, Updates: []inventory.Update{update("a")}}, inventory.ScanOK, nil},
		{"ok and empty", updates.Listing{State: inventory.ScanOK}, inventory.ScanOK, nil},
		{"stale", updates.Listing{State: inventory.ScanStale, Problem: stale, Updates: []inventory.Update{update("a")}}, inventory.ScanStale, stale},
		{"failed", updates.Listing{State: inventory.ScanFailed, Problem: &inventory.Problem{Code: "locked", Message: "dpkg is locked"}}, inventory.ScanFailed,
			&inventory.Problem{Code: "locked", Message: "dpkg is locked"}},
		{"no state is failed", updates.Listing{}, inventory.ScanFailed,
			&inventory.Problem{Code: "exit", Message: "the answer cannot be understood; run `patchwave ping` to see what is in the way"}},
		{"a state that a listing cannot have", updates.Listing{State: inventory.ScanUnreachable, Problem: stale}, inventory.ScanFailed, stale},
		{"stale without a word why", updates.Listing{State: inventory.ScanStale}, inventory.ScanStale,
			&inventory.Problem{Code: "exit", Message: "the answer cannot be understood; run `patchwave ping` to see what is in the way"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.listing.Notes, tt.listing.Installed = []string{"half-installed: x"}, []updates.Installed{{Name: "x", State: "ok"}}
			tt.listing.RebootRequired, tt.listing.RebootReasons = &yes, []string{"a new kernel"}
			o := Parse(answer("facts", "manager=fake\nboot_id="+boot, "index", "age=120"), []updates.Manager{fake{tt.listing}}, noon())
			if o.State != tt.state || o.IndexAge != 2*time.Minute {
				t.Errorf("state %s, index %s", o.State, o.IndexAge)
			}
			if diff := cmp.Diff(tt.problem, o.Problem); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tt.listing.Updates, o.Updates); diff != "" {
				t.Error(diff)
			}
			if len(o.Notes) != 1 || len(o.Installed) != 1 || !o.Facts.RebootRequired || o.Facts.RebootReasons[0] != "a new kernel" {
				t.Errorf("%+v", o)
			}
		})
	}
}

// TestUnsupported is failed with a next step, whatever the host calls its
// package manager.
func TestUnsupported(t *testing.T) {
	os := "os-release"
	for name, tt := range map[string]struct {
		a    framing.Answer
		want string
	}{
		"none": {answer("facts", "manager="), "no package manager that patchwave knows was found"},
		"none, on a system with a name": {answer("facts", "", os, "ID=void\nVERSION_ID=1"),
			"no package manager that patchwave knows was found (void 1)"},
		"another":    {answer("facts", "manager=rpm-ostree", os, "ID=fedora\nVERSION_ID=43"), "package manager rpm-ostree is not supported yet (fedora 43)"},
		"hostile":    {answer("facts", "manager=a;rm -rf /\x1b[2J"), "no package manager that patchwave knows was found"},
		"no answers": {framing.Answer{Complete: true}, "no package manager that patchwave knows was found"},
	} {
		t.Run(name, func(t *testing.T) {
			o := Parse(tt.a, []updates.Manager{fake{}}, noon())
			if o.State != inventory.ScanFailed || o.Problem == nil || o.Problem.Code != "unsupported" || o.IndexAge >= 0 ||
				o.Problem.Message != tt.want+"; take the host out of the policies or patch it by hand" {
				t.Errorf("%+v %+v", o.Observation, o.Problem)
			}
		})
	}
}

// TestFactsOfHostileHosts: what is not spelled as it must be is not taken.
func TestFactsOfHostileHosts(t *testing.T) {
	long := strings.Repeat("x", 200)
	tests := []struct {
		name, facts string
		check       func(inventory.Facts) bool
	}{
		{"a boot id", "boot_id=" + boot, func(f inventory.Facts) bool { return f.BootID == boot }},
		{"no boot id", "boot_id=", func(f inventory.Facts) bool { return f.BootID == "" }},
		{"a boot id in capitals", "boot_id=" + strings.ToUpper(boot), func(f inventory.Facts) bool { return f.BootID == "" }},
		{"a boot id and more", "boot_id=" + boot + "0", func(f inventory.Facts) bool { return f.BootID == "" }},
		{"a boot id with a path", "boot_id=../../etc/passwd", func(f inventory.Facts) bool { return f.BootID == "" }},
		{"the first of two counts", "boot_id=" + boot + "\nboot_id=x", func(f inventory.Facts) bool { return f.BootID == boot }},
		{"a kernel", "kernel=6.1.0-40-amd64", func(f inventory.Facts) bool { return f.Kernel == "6.1.0-40-amd64" }},
		{"a kernel with escapes", "kernel=6.1\x1b[31m", func(f inventory.Facts) bool { return f.Kernel == "" }},
		{"a kernel with a right-to-left mark", "kernel=6.1\u202e", func(f inventory.Facts) bool { return f.Kernel == "" }},
		{"a kernel without end", "kernel=" + long, func(f inventory.Facts) bool { return f.Kernel == "" }},
		{"an architecture that is an option", "arch=-o", func(f inventory.Facts) bool { return f.Arch == "" }},
		{"not virtual", "virtual=none", func(f inventory.Facts) bool { return f.Virtual == "" }},
		{"virtual", "virtual=kvm", func(f inventory.Facts) bool { return f.Virtual == "kvm" }},
		{"systemd, perhaps", "systemd=maybe", func(f inventory.Facts) bool { return !f.Systemd }},
		{"up since ever", "uptime=9223372036854775807", func(f inventory.Facts) bool { return f.Uptime == 0 }},
		{"up since tomorrow", "uptime=-5", func(f inventory.Facts) bool { return f.Uptime == 0 }},
		{"up", "uptime=90", func(f inventory.Facts) bool { return f.Uptime == 90*time.Second }},
		{"a clock without end", "now=9223372036854775807", func(f inventory.Facts) bool { return f.ClockSkew == 0 }},
		{"a clock before the beginning", "now=-9223372036854775808", func(f inventory.Facts) bool { return f.ClockSkew == 0 }},
		{"a clock that is none", "now=noon", func(f inventory.Facts) bool { return f.ClockSkew == 0 }},
		{"a clock", fmt.Sprintf("now=%d", noon().Unix()-90), func(f inventory.Facts) bool { return f.ClockSkew == -90*time.Second }},
		{"the flag of a reboot", "reboot_flag=linux-base linux-image ", func(f inventory.Facts) bool {
			return f.RebootRequired && f.RebootReasons[0] == "the host's reboot flag is set: linux-base linux-image"
		}},
		{"the flag without a reason", "reboot_flag=", func(f inventory.Facts) bool {
			return f.RebootRequired && f.RebootReasons[0] == "the host's reboot flag is set:"
		}},
		{"the flag with a reason without end", "reboot_flag=" + strings.Repeat("é", 5000), func(f inventory.Facts) bool {
			return f.RebootRequired && len(f.RebootReasons[0]) < 450
		}},
		{"no flag", "", func(f inventory.Facts) bool { return !f.RebootRequired }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if f := facts(answer("facts", tt.facts), noon()); !tt.check(f) {
				t.Errorf("%+v", f)
			}
		})
	}
}

func TestClockSkewIsNoted(t *testing.T) {
	for skew, want := range map[time.Duration]string{
		0: "", 5 * time.Minute: "", -5 * time.Minute: "",
		301 * time.Second:          "the clock is 5m1s off; package indexes may look expired",
		-301 * time.Second:         "the clock is 5m1s off; package indexes may look expired",
		-20 * 365 * 24 * time.Hour: "the clock is 175200h0m0s off; package indexes may look expired",
	} {
		a := answer("facts", fmt.Sprintf("manager=fake\nnow=%d", noon().Add(skew).Unix()))
		o := Parse(a, []updates.Manager{fake{updates.Listing{State: inventory.ScanOK}}}, noon())
		if got := strings.Join(o.Notes, "|"); got != want || o.Facts.ClockSkew != skew {
			t.Errorf("skew %s: notes %q, want %q", o.Facts.ClockSkew, got, want)
		}
	}
}

func TestIndexAge(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"age=0": 0, "age=3600": time.Hour, "age=": -1, "": -1, "age=-1": -1, "age=x": -1, "age=9223372036854775807": -1, "age=9223372037": -1, "age=1e3": -1,
	} {
		o := Parse(answer("facts", "manager=fake", "index", text), []updates.Manager{fake{updates.Listing{State: inventory.ScanOK}}}, noon())
		if o.IndexAge != want {
			t.Errorf("%q: %d, want %d", text, o.IndexAge, want)
		}
	}
}

// TestFamilies has the identification that these systems ship in os-release.
func TestFamilies(t *testing.T) {
	for text, want := range map[string]inventory.OS{
		"ID=debian\nVERSION_ID=\"12\"":                                                   {Family: "debian", Name: "debian", Version: "12"},
		"ID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"24.04\"":                                {Family: "debian", Name: "ubuntu", Version: "24.04"},
		"ID=linuxmint\nID_LIKE=\"ubuntu debian\"\nVERSION_ID=\"22\"":                     {Family: "debian", Name: "linuxmint", Version: "22"},
		"ID=raspbian\nID_LIKE=debian\nVERSION_ID=\"12\"":                                 {Family: "debian", Name: "raspbian", Version: "12"},
		"ID=kali\nID_LIKE=debian\nVERSION_ID=\"2026.1\"":                                 {Family: "debian", Name: "kali", Version: "2026.1"},
		"ID=devuan\nID_LIKE=debian":                                                      {Family: "debian", Name: "devuan"},
		"ID=pop\nID_LIKE=\"ubuntu debian\"":                                              {Family: "debian", Name: "pop"},
		"ID=\"rhel\"\nID_LIKE=\"fedora\"\nVERSION_ID=\"9.4\"":                            {Family: "redhat", Name: "rhel", Version: "9.4"},
		"ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"9.6\"":               {Family: "redhat", Name: "rocky", Version: "9.6"},
		"ID=\"almalinux\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"9.6\"":           {Family: "redhat", Name: "almalinux", Version: "9.6"},
		"ID=\"ol\"\nID_LIKE=\"fedora\"\nVERSION_ID=\"9.5\"":                              {Family: "redhat", Name: "ol", Version: "9.5"},
		"ID=\"amzn\"\nID_LIKE=\"fedora\"\nVERSION_ID=\"2023\"":                           {Family: "redhat", Name: "amzn", Version: "2023"},
		"ID=\"amzn\"\nID_LIKE=\"centos rhel fedora\"\nVERSION_ID=\"2\"":                  {Family: "redhat", Name: "amzn", Version: "2"},
		"ID=\"centos\"\nID_LIKE=\"rhel fedora\"\nVERSION_ID=\"9\"":                       {Family: "redhat", Name: "centos", Version: "9"},
		"ID=fedora\nVERSION_ID=43":                                                       {Family: "redhat", Name: "fedora", Version: "43"},
		"ID=\"cloudlinux\"\nID_LIKE=\"rhel fedora centos\"":                              {Family: "redhat", Name: "cloudlinux"},
		"ID=\"opensuse-leap\"\nID_LIKE=\"suse opensuse\"\nVERSION_ID=\"15.6\"":           {Family: "suse", Name: "opensuse-leap", Version: "15.6"},
		"ID=\"opensuse-tumbleweed\"\nID_LIKE=\"opensuse suse\"\nVERSION_ID=\"20261101\"": {Family: "suse", Name: "opensuse-tumbleweed", Version: "20261101"},
		"ID=\"sles\"\nID_LIKE=\"suse\"\nVERSION_ID=\"15.6\"":                             {Family: "suse", Name: "sles", Version: "15.6"},
		"ID=\"sles_sap\"\nID_LIKE=\"suse\"":                                              {Family: "suse", Name: "sles_sap"},
		"ID=arch\nBUILD_ID=rolling":                                                      {Family: "arch", Name: "arch"},
		"ID=manjaro\nID_LIKE=arch":                                                       {Family: "arch", Name: "manjaro"},
		"ID=endeavouros\nID_LIKE='arch'":                                                 {Family: "arch", Name: "endeavouros"},
		"ID=alpine\nVERSION_ID=3.22.1":                                                   {Family: "alpine", Name: "alpine", Version: "3.22.1"},
		"ID=\"postmarketos\"\nID_LIKE=\"alpine\"":                                        {Family: "alpine", Name: "postmarketos"},
		"ID=void":                       {Name: "void"},
		"ID=\"a b\"\nID_LIKE=\"$(id)\"": {},
		"":                              {},
	} {
		if diff := cmp.Diff(want, osRelease(answer("os-release", text))); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
	if got := osRelease(framing.Answer{}); got != (inventory.OS{}) {
		t.Errorf("without an answer: %+v", got)
	}
}

func TestDiskFree(t *testing.T) {
	const head = "Filesystem     1024-blocks     Used Available Capacity Mounted on\n"
	for name, tt := range map[string]struct {
		out  string
		want map[string]int64
	}{
		"several":              {head + "/dev/sda2 100 50 50 50% /\n/dev/sda1 100 90 10 90% /boot", map[string]int64{"/": 50 << 10, "/boot": 10 << 10}},
		"full":                 {head + "/dev/sda2 100 100 0 100% /", map[string]int64{"/": 0}},
		"one name for several": {head + "overlay 9 4 5 20% /\noverlay 9 4 5 20% /", map[string]int64{"/": 5 << 10}},
		"negative":             {head + "/dev/sda2 100 110 -10 110% /", map[string]int64{}},
		"without end":          {head + "x 1 1 9223372036854775807 1% /", map[string]int64{}},
		"no number":            {head + "proc - - - - /proc", map[string]int64{}},
		"no path":              {head + "x 1 1 1 1% boot", map[string]int64{}},
		"too many words":       {head + "x 1 1 1 1% /mnt/my disk", map[string]int64{}},
		"nothing":              {"", map[string]int64{}},
	} {
		if diff := cmp.Diff(tt.want, diskFree(answer("df", tt.out))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if diskFree(framing.Answer{}) != nil {
		t.Error("free space without an answer")
	}
}

// FuzzParse: whatever a host prints, the answer is a state with its problem, and
// facts in which nothing stands that was not asked for.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"debian12-apt2.6", "debian12-nosystemd", "alma9-dnf4.14", "leap15-zypper1.14", "arch-pacman6.0"} {
		a := load(f, name)
		get := func(frame string) []byte { fr, _ := a.Get(frame); return fr.Out }
		f.Add(get("os-release"), get("facts"), get("df"), get("index"))
	}
	f.Add([]byte("ID=\"\x1b\""), []byte("manager=fake\nnow=-1\nuptime=1e9\nreboot_flag=\xff"), []byte("x 1 1 1 1% /\n"), []byte("age=9999999999"))
	f.Fuzz(func(t *testing.T, os, facts, df, index []byte) {
		o := Parse(answer("os-release", string(os), "facts", string(facts), "df", string(df), "index", string(index)),
			append(managers(), fake{updates.Listing{State: inventory.ScanOK}}), noon())
		if (o.State == inventory.ScanOK) != (o.Problem == nil) || o.State == inventory.ScanUnreachable {
			t.Fatalf("state %q, problem %v", o.State, o.Problem)
		}
		for _, word := range []string{o.Facts.Kernel, o.Facts.Arch, o.Facts.PackageManager, o.Facts.Virtual, o.Facts.OS.Name, o.Facts.OS.Version, o.Facts.BootID} {
			if word != ifWord(word) {
				t.Fatalf("%q was taken for a word", word)
			}
		}
		if o.IndexAge < -1 || o.Facts.Uptime < 0 {
			t.Fatalf("index age %d, uptime %d", o.IndexAge, o.Facts.Uptime)
		}
		for path, free := range o.Facts.DiskFree {
			if !strings.HasPrefix(path, "/") || free < 0 {
				t.Fatalf("%d bytes free on %q", free, path)
			}
		}
	})
}
