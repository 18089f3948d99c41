package scan

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/framing"
	"patchwave/engine/updates"
	"patchwave/inventory"
)

// MaxClockSkew is the difference between the clocks from which a note says so;
// beyond it package indexes look expired or not yet valid.
const MaxClockSkew = 5 * time.Minute

// Parse reads the answer of the scan script. It is pure.
func Parse(a framing.Answer, managers []updates.Manager, now time.Time) Answer {
	out := Answer{Observation: inventory.Observation{At: now, State: inventory.ScanFailed, IndexAge: -1}}
	out.Facts = facts(a, now)
	name := out.Facts.PackageManager
	i := slices.IndexFunc(managers, func(m updates.Manager) bool { return m.Name() == name })
	if i < 0 {
		out.Problem = unsupported(name, out.Facts.OS)
		return out
	}
	if age, ok := seconds(a.Values("index")["age"]); ok {
		out.IndexAge = age
	}
	listing := managers[i].ParseScan(a)
	out.State, out.Problem, out.Updates = listing.State, listing.Problem, listing.Updates
	out.Notes, out.Installed = listing.Notes, listing.Installed
	if listing.RebootRequired != nil && *listing.RebootRequired {
		out.Facts.RebootRequired = true
		out.Facts.RebootReasons = append(out.Facts.RebootReasons, listing.RebootReasons...)
	}
	if skew := out.Facts.ClockSkew.Abs(); skew > MaxClockSkew {
		out.Notes = append(out.Notes, fmt.Sprintf("the clock is %s off; package indexes may look expired", skew.Round(time.Second)))
	}
	out.State, out.Problem = settle(out.State, out.Problem)
	return out
}

// settle makes sure that a state that is not ok has a problem, and that what is
// no state of a listing is failed.
func settle(state inventory.ScanState, problem *inventory.Problem) (inventory.ScanState, *inventory.Problem) {
	switch state {
	case inventory.ScanOK:
		return state, nil
	case inventory.ScanStale:
	default:
		state = inventory.ScanFailed
	}
	if problem == nil {
		problem = &inventory.Problem{Code: string(connectors.CodeExit),
			Message: "the answer cannot be understood; run `patchwave ping` to see what is in the way"}
	}
	return state, problem
}

// seconds reads a number of seconds, up to some centuries.
func seconds(s string) (time.Duration, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || n >= 1<<33 {
		return 0, false
	}
	return time.Duration(n) * time.Second, true
}

func unsupported(name string, os inventory.OS) *inventory.Problem {
	msg := "no package manager that patchwave knows was found"
	if name != "" {
		msg = fmt.Sprintf("package manager %s is not supported yet", name)
	}
	if os.Name != "" {
		msg += fmt.Sprintf(" (%s %s)", os.Name, os.Version)
	}
	return &inventory.Problem{Code: string(connectors.CodeUnsupported),
		Message: msg + "; take the host out of the policies or patch it by hand"}
}

var (
	word   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+~:-]{0,127}$`)
	bootID = regexp.MustCompile(`^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$`)
)

// ifWord returns s if it is a plain word, else "".
func ifWord(s string) string {
	if word.MatchString(s) {
		return s
	}
	return ""
}

func facts(a framing.Answer, now time.Time) inventory.Facts {
	v := a.Values("facts")
	f := inventory.Facts{
		OS: osRelease(a), Kernel: ifWord(v["kernel"]), Arch: ifWord(v["arch"]),
		PackageManager: ifWord(v["manager"]), Systemd: v["systemd"] == "yes", DiskFree: diskFree(a),
	}
	if bootID.MatchString(v["boot_id"]) {
		f.BootID = v["boot_id"]
	}
	if virtual := ifWord(v["virtual"]); virtual != "none" {
		f.Virtual = virtual
	}
	if since, ok := seconds(v["now"]); ok {
		f.ClockSkew = time.Unix(0, 0).Add(since).Sub(now).Round(time.Second)
	}
	if up, ok := seconds(v["uptime"]); ok {
		f.Uptime = up
	}
	if flag, ok := v["reboot_flag"]; ok {
		f.RebootRequired = true
		f.RebootReasons = append(f.RebootReasons, strings.TrimSpace("the host's reboot flag is set: "+limit(flag, 400)))
	}
	return f
}

func limit(s string, n int) string {
	if len(s) > n {
		return strings.ToValidUTF8(s[:n], "") + "…"
	}
	return s
}

// osRelease reads os-release(5).
func osRelease(a framing.Answer) inventory.OS {
	v := a.Values("os-release")
	get := func(key string) string { return ifWord(strings.Trim(v[key], `"'`)) }
	os := inventory.OS{Name: get("ID"), Version: get("VERSION_ID")}
	like := strings.Fields(os.Name + " " + strings.Trim(v["ID_LIKE"], `"'`))
	for _, id := range like {
		if family := families[id]; family != "" {
			os.Family = family
			return os
		}
	}
	return os
}

// families maps ID and ID_LIKE of os-release to the family.
var families = map[string]string{
	"debian": "debian", "ubuntu": "debian", "raspbian": "debian",
	"rhel": "redhat", "fedora": "redhat", "centos": "redhat", "amzn": "redhat", "rocky": "redhat", "almalinux": "redhat", "ol": "redhat",
	"suse": "suse", "sles": "suse", "opensuse": "suse", "opensuse-leap": "suse", "opensuse-tumbleweed": "suse",
	"arch": "arch", "alpine": "alpine",
	"windows": "windows", "windows-server": "windows",
}

// drive is a mount point of Windows.
var drive = regexp.MustCompile(`^[A-Z]:\\$`)

// diskFree reads "df -Pk": free bytes by mount point.
func diskFree(a framing.Answer) map[string]int64 {
	f, ok := a.Get("df")
	if !ok {
		return nil
	}
	free := map[string]int64{}
	for _, line := range f.Lines() {
		fields := strings.Fields(line)
		if len(fields) != 6 || (!strings.HasPrefix(fields[5], "/") && !drive.MatchString(fields[5])) {
			continue
		}
		if kib, err := strconv.ParseInt(fields[3], 10, 64); err == nil && kib >= 0 && kib < 1<<50 {
			free[fields[5]] = kib << 10
		}
	}
	return free
}
