package zypper

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/engine/updates"
	"patchwave/engine/updates/updatestest"
)

// fakeZypper answers list-updates -t patch and patch-info from the variables
// fake_list and fake_info, and install with the statuses of fake_rc, one after
// the other. rpm knows the names in fake_rpm.
const fakeZypper = `
zypper() {
	printf 'zypper %s (%s)\n' "$*" "${ZYPP_LOCK_TIMEOUT:-}" >>"$pw_arg_log"
	case " $* " in
	*' patch-info '*) printf '%s\n' "$fake_info" ;;
	*' list-updates '*) printf '%s\n' "$fake_list" ;;
	*' help install '*) echo ' --allow-unsigned-rpm' ;;
	*' install '*)
		fake_now=${fake_rc%% *}
		fake_rc=${fake_rc#* }
		return "$fake_now" ;;
	esac
}
rpm() {
	case "$1 $2" in
	'-q --qf') fake_one=$(printf '%s' "$fake_rpm" | sed -n "s/^$4 //p"); [ -n "$fake_one" ] && printf '%s\n' "$fake_one" ;;
	*) printf '%s\n' "$fake_rpm" | grep -q "^$2\." ;;
	esac
}
zypper_auto_file=$pw_arg_dir/AutoInstalled
printf '# AutoInstalled generated\n#\nliblab\nlabtool\noldname\n#\n' >"$zypper_auto_file"
fake_list='' fake_info='' fake_rc=0
fake_rpm='labtool.noarch 1.1-1
liblab.noarch 1.0-1
newname.noarch 2.0-1'
`

var changes = updates.ChangeLines([]updates.Change{
	{Action: updates.ActionUpgrade, Name: "labtool", Arch: "noarch", From: "1.0-1", To: "1.1-1"},
	{Action: updates.ActionInstall, Name: "fresh", Arch: "x86_64", To: "1:2.0-1"},
	{Action: updates.ActionRemove, Name: "oldname", Arch: "noarch", From: "1.0-1"},
})

const installLine = "zypper --non-interactive --no-refresh install --no-force-resolution --no-recommends --auto-agree-with-licenses " +
	"--download in-advance -- labtool.noarch=1.1-1 fresh.x86_64=1:2.0-1 !oldname.noarch=1.0-1 (60)\n"

const patchLine = "zypper --non-interactive --no-refresh --xmlout list-updates -t patch (60)\n"

func TestInstallArguments(t *testing.T) {
	updatestest.Play(t, New().Shell().Job, fakeZypper, "zypper_install", map[string]string{"changes": changes, "lock_wait": "60"},
		func(t *testing.T, p updatestest.Played) {
			if diff := cmp.Diff(patchLine+installLine, p.Log); diff != "" {
				t.Error(diff)
			}
			if p.Text("status") != "0" {
				t.Errorf("status %s", p.Text("status"))
			}
		})
}

func TestInstallRunsAgainAfter103(t *testing.T) {
	updatestest.Play(t, New().Shell().Job, fakeZypper+"fake_rc='103 0'", "zypper_install", map[string]string{"changes": changes, "lock_wait": "60"},
		func(t *testing.T, p updatestest.Played) {
			if diff := cmp.Diff(patchLine+installLine+installLine, p.Log); diff != "" {
				t.Error(diff)
			}
			if out := New().ParseInstall(p.Answer); !out.Claimed || p.Text("status") != "0" {
				t.Errorf("%+v, status %s", out, p.Text("status"))
			}
		})
}

func TestInstallReturnsTheStatus(t *testing.T) {
	updatestest.Play(t, New().Shell().Job, fakeZypper+"fake_rc='7 0'", "zypper_install", map[string]string{"changes": changes, "lock_wait": "60"},
		func(t *testing.T, p updatestest.Played) {
			if out := New().ParseInstall(p.Answer); out.Claimed || out.Problem.Code != "locked" || p.Text("status") != "7" {
				t.Errorf("%+v, status %s", out, p.Text("status"))
			}
		})
}

func TestDowngradeNeedsItsOption(t *testing.T) {
	down := updates.ChangeLines([]updates.Change{{Action: updates.ActionDowngrade, Name: "labtool", Arch: "noarch", From: "2-1", To: "1-1"}})
	updatestest.Play(t, New().Shell().Job, fakeZypper, "zypper_install", map[string]string{"changes": down, "lock_wait": "0"},
		func(t *testing.T, p updatestest.Played) {
			if !strings.Contains(p.Log, "in-advance --oldpackage -- labtool.noarch=1-1 (0)") {
				t.Error(p.Log)
			}
		})
}

func TestDependenciesStayMarked(t *testing.T) {
	// zypper takes labtool off the list, as it does; fresh came as a dependency.
	fakes := fakeZypper + `
zypper() {
	case " $* " in *' install '*) printf '# AutoInstalled generated\n#\nliblab\n#\n' >"$zypper_auto_file"; fake_rpm="$fake_rpm
fresh.x86_64 1:2.0-1" ;; esac
}`
	updatestest.Play(t, New().Shell().Job, fakes, "zypper_install", map[string]string{"changes": changes, "lock_wait": "0"},
		func(t *testing.T, p updatestest.Played) {
			if got := p.Text("zypper.auto"); got != "restored" {
				t.Errorf("zypper.auto: %s", got)
			}
			b, err := os.ReadFile(filepath.Join(p.Dir, "AutoInstalled"))
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, line := range strings.Fields(string(b[strings.Index(string(b), "\n#\n"):])) {
				if line != "#" {
					names = append(names, line)
				}
			}
			if diff := cmp.Diff([]string{"fresh", "labtool", "liblab"}, names); diff != "" {
				t.Error(diff)
			}
		})
	// oldname was chosen by somebody: so is what replaces it.
	updatestest.Play(t, New().Shell().Job, fakes+"\nsed -i /oldname/d \"$zypper_auto_file\"", "zypper_install", map[string]string{"changes": changes, "lock_wait": "0"},
		func(t *testing.T, p updatestest.Played) {
			b, err := os.ReadFile(filepath.Join(p.Dir, "AutoInstalled"))
			if err != nil || strings.Contains(string(b), "fresh") || !strings.Contains(string(b), "labtool") {
				t.Errorf("%s %v", b, err)
			}
		})
}

func TestRebootPatchIsRemembered(t *testing.T) {
	fakes := fakeZypper + `
fake_list='<stream><update kind="patch" name="P-1" edition="1" restart="true" interactive="true"><summary>x</summary></update><update kind="patch" name="P-2" restart="false"/></stream>'
fake_info='Name        : P-1
Conflicts   : [2]
    other.x86_64 < 1
    labtool.noarch < 1.1-1

'
zypper_each zypper_install_arg`
	updatestest.Play(t, New().Shell().Job, "zypper_args='' zypper_new='' zypper_gone='' zypper_changed='' zypper_chosen=''"+fakes, "zypper_wants_reboot",
		map[string]string{"changes": changes},
		func(t *testing.T, p updatestest.Played) {
			if p.Text("status") != "0" || !strings.Contains(p.Log, "patch-info P-1 ()") {
				t.Errorf("status %s, %s", p.Text("status"), p.Log)
			}
		})
}

func TestRollbackArguments(t *testing.T) {
	updatestest.Play(t, New().Shell().Job, fakeZypper+"fake_rpm='labtool.noarch 1.1-1\nfresh.x86_64 1:2.0-1'\nprintf 'liblab\\n' >\"$pw_arg_dir/zypper.auto\"\nzypper_offered() { :; }",
		"zypper_rollback", map[string]string{"changes": changes, "lock_wait": "9"},
		func(t *testing.T, p updatestest.Played) {
			want := "install --no-force-resolution --no-recommends --auto-agree-with-licenses --download in-advance " +
				"--oldpackage --allow-unsigned-rpm -- labtool.noarch=1.0-1 !fresh.x86_64=1:2.0-1 oldname.noarch=1.0-1 (9)"
			if !strings.Contains(p.Log, want) {
				t.Error(p.Log)
			}
			if p.Text("status") != "0" || p.Text("zypper.auto") != "restored" {
				t.Errorf("status %s, auto %s", p.Text("status"), p.Text("zypper.auto"))
			}
		})
}

// TestRollbackOfWhatIsGone: a version that is neither kept nor on offer does not
// keep the others from going back.
func TestRollbackOfWhatIsGone(t *testing.T) {
	fakes := fakeZypper + "fake_rpm='labtool.noarch 1.1-1\nfresh.x86_64 1:2.0-1'\nzypper_offered() { [ \"$1 $2 $3\" = 'labtool noarch 1.0-1' ]; }"
	updatestest.Play(t, New().Shell().Job, fakes, "zypper_rollback", map[string]string{"changes": changes, "lock_wait": "9"},
		func(t *testing.T, p updatestest.Played) {
			if !strings.Contains(p.Log, " -- labtool.noarch=1.0-1 !fresh.x86_64=1:2.0-1 (9)") || p.Text("status") != "104" {
				t.Errorf("status %s\n%s", p.Text("status"), p.Log)
			}
			out := New().ParseInstall(p.Answer)
			if out.Claimed || out.Problem == nil || !strings.Contains(out.Problem.Message, "No provider of oldname-1.0-1.noarch; the rest is rolled back") {
				t.Errorf("%+v %+v", out, out.Problem)
			}
		})
	updatestest.Play(t, New().Shell().Job, fakeZypper+"zypper_offered() { return 1; }", "zypper_rollback", map[string]string{"changes": changes, "lock_wait": "9"},
		func(t *testing.T, p updatestest.Played) {
			if strings.Contains(p.Log, " install --no") || p.Text("status") != "104" {
				t.Errorf("status %s\n%s", p.Text("status"), p.Log)
			}
		})
}

func TestOffered(t *testing.T) {
	fakes := `zypper() { cat <<'X'
<stream><search-result><solvable-list>
<solvable status="installed" name="a" kind="package" edition="1:2-1" arch="noarch" repository="(System Packages)"/>
<solvable status="not-installed" name="a" kind="package" edition="1:1-1" arch="noarch" repository="base"/>
</solvable-list></search-result></stream>
X
}
ask() { if zypper_offered "$@"; then echo "$3 yes"; else echo "$3 no"; fi; }`
	updatestest.Play(t, New().Shell().Job, fakes, `pw_put out "$(ask a noarch 1:1-1) $(ask a noarch 1:2-1) $(ask a x86_64 1:1-1)"`, nil,
		func(t *testing.T, p updatestest.Played) {
			if got := p.Text("out"); got != "1:1-1 yes 1:2-1 no 1:1-1 no" {
				t.Error(got)
			}
		})
}

func TestRollbackOfWhatIsUndone(t *testing.T) {
	updatestest.Play(t, New().Shell().Job, fakeZypper+"fake_rpm='labtool.noarch 1.0-1\noldname.noarch 1.0-1'",
		"zypper_rollback", map[string]string{"changes": changes},
		func(t *testing.T, p updatestest.Played) {
			if strings.Contains(p.Log, " install --") || p.Text("zypper.rollback") != "nothing to undo" || p.Text("status") != "0" {
				t.Errorf("%s\n%s", p.Log, p.Text("zypper.rollback"))
			}
		})
}

func TestIndexAge(t *testing.T) {
	// Without an index of an enabled repository the age is unknown.
	updatestest.Play(t, New().Shell().Scan, "zypper_aliases() { echo never-fetched-here; }", "pw_run age zypper_index_age", nil,
		func(t *testing.T, p updatestest.Played) {
			if got := p.Text("age"); got != "" {
				t.Errorf("age %q", got)
			}
		})
}

func TestSlimKeepsTheXML(t *testing.T) {
	full := `<?xml version='1.0'?>
<stream><message type="info">Loading...
two</message><update-list><update kind="package" name="a" edition="1-1"><summary>s</summary><description>d &lt;update
lines</description><license/><source alias="r"/></update></update-list>
<solvable type="package" name="a" summary="x &gt; y"><description>z</description></solvable>
<prompt id="1"><description>Problem: nope
</description><text>Choose</text><option value="1" desc="x"/></prompt><progress id="p"/></stream>`
	updatestest.Play(t, New().Shell().Scan, "", `pw_begin slim; printf '%s\n' "$pw_arg_xml" | zypper_slim; pw_end slim 0`, map[string]string{"xml": full},
		func(t *testing.T, p updatestest.Played) {
			f, _ := p.Answer.Get("slim")
			root, err := parseXML(f.Out)
			if err != nil {
				t.Fatalf("%v\n%s", err, f.Out)
			}
			for _, gone := range []string{"summary", "description", "license", "option", "progress"} {
				if strings.Contains(string(f.Out), gone) {
					t.Errorf("%s is still there: %s", gone, f.Out)
				}
			}
			if !strings.Contains(complaint(f, root), "Problem: nope") {
				t.Errorf("the problem is gone: %s", f.Out)
			}
			n := 0
			root.each("source", func(*node) { n++ })
			if n != 1 {
				t.Errorf("%d sources", n)
			}
		})
}

func TestSimulateArguments(t *testing.T) {
	want := updates.WantLines([]updates.Want{{Name: "labtool", Arch: "noarch", Version: "1.1-1"}, {Name: "a", Arch: "x86_64", Version: "1:2-1"}})
	fakes := `zypper() { printf '%s (%s)\n' "$*" "$ZYPP_READONLY_HACK" >>"$pw_arg_log"; echo '<stream></stream>'; }`
	start := "--non-interactive --xmlout --no-refresh install --dry-run --details --oldpackage --no-force-resolution --auto-agree-with-licenses -- "
	updatestest.Play(t, New().Shell().Simulate, fakes, "zypper_simulate", map[string]string{"want": want, "mode": "set"},
		func(t *testing.T, p updatestest.Played) {
			if diff := cmp.Diff(start+"labtool.noarch=1.1-1 a.x86_64=1:2-1 (1)\n", p.Log); diff != "" {
				t.Error(diff)
			}
		})
	updatestest.Play(t, New().Shell().Simulate, fakes, "zypper_simulate", map[string]string{"want": want, "mode": "each"},
		func(t *testing.T, p updatestest.Played) {
			if diff := cmp.Diff(start+"labtool.noarch=1.1-1 (1)\n"+start+"a.x86_64=1:2-1 (1)\n", p.Log); diff != "" {
				t.Error(diff)
			}
			if _, ok := p.Answer.Get("zypper.sim.2"); !ok {
				t.Error("no frame zypper.sim.2")
			}
		})
}
