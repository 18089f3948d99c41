package health

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"patchwave/engine/journal"
)

// initWindows is what health.ps1 calls the service manager of Windows.
const initWindows = "windows"

const (
	// neverTried is ERROR_SERVICE_NEVER_STARTED: no attempt since the boot.
	neverTried = 1077
	// delayed services are started some minutes after the others; startsWithin is how
	// long after the boot, in seconds, one that was not tried yet counts as well.
	startsWithin = 600
	// crashesAgain is from how many crashes since the boot a service counts as failed
	// although something has started it again.
	crashesAgain = 3
	// afterReboot stands among the kernels of a host whose servicing waits for a reboot.
	afterReboot = "pending"
	// awaits ends the state of what only waits for a reboot.
	awaits = "waits for a reboot"
)

// endsByItself are services that are started automatically and end when there is
// nothing to do.
var endsByItself = regexp.MustCompile(`(?i)^(sppsvc|edgeupdate.*|gupdate.*|googleupdater.*|mapsbroker|bits|wuauserv|usosvc|dosvc|trustedinstaller|msiserver|tiledatamodelsvc|` +
	`cdpsvc|wbiosrvc|remoteregistry|shellhwdetection|stisvc|gpsvc|clr_optimization.*|tieringengineservice|wscsvc|securityhealthservice|waasmedicsvc|installservice|` +
	`appxsvc|clipsvc|ngcsvc|ngcctnrsvc|wlidsvc|licensemanager|fontcache.*|dbupdate.*|patchwave.*)$`)

// winService is a line of frame services.
type winService struct {
	name, state, start string
	flags              []string
	exit               uint64
	pid                string
}

// counts says that it runs all the time, so that its end means something.
func (s winService) counts() bool {
	return s.start == "auto" && !slices.Contains(s.flags, "trigger") && !slices.Contains(s.flags, "user") && !endsByItself.MatchString(s.name)
}

// word is the state in which it is, for the operator.
func (s winService) word() string {
	if s.state == "stopped" && s.exit != 0 && s.exit != neverTried {
		return fmt.Sprintf("stopped (exit code %d)", s.exit)
	}
	if s.state == "stopped" && s.start == "disabled" {
		return "stopped (disabled)"
	}
	return s.state
}

// windowsParts are the readers of the parts of a host with Windows.
func windowsParts(build, uptime string) map[string]func(*reader) {
	return map[string]func(*reader){
		partServices:  func(r *reader) { r.winServices(uptime) },
		partFailed:    (*reader).winFailed,
		partListeners: (*reader).winListeners,
		partMounts:    (*reader).winMounts,
		partBroken:    (*reader).winBroken,
		partRoutes:    (*reader).winRoutes,
		partTime:      (*reader).winTime,
		partKernel:    func(r *reader) { r.kernel(build) },
		partErrors:    (*reader).winErrors,
	}
}

// rows are the lines of a frame that have so many fields; false if the host did not
// tell it, which is noted for part.
func (r *reader) rows(frame, part string, fields int) ([][]string, bool) {
	lines, ok := r.lines(frame)
	if !ok {
		if why := r.f.Missing[frame]; frame != part {
			delete(r.f.Missing, frame)
			r.miss(part, why)
		}
		return nil, false
	}
	var out [][]string
	for _, line := range lines {
		if f := strings.Split(line, "\t"); len(f) == fields {
			out = append(out, f)
		}
	}
	return out, true
}

// winList reads frame services for a part.
func (r *reader) winList(part string) ([]winService, bool) {
	rows, ok := r.rows(partServices, part, 6)
	if !ok {
		return nil, false
	}
	var out []winService
	for _, f := range rows {
		exit, err := strconv.ParseUint(f[4], 10, 32)
		if err != nil {
			exit = 0
		}
		out = append(out, winService{name: clean(f[0]), state: clean(f[1]), start: f[2], flags: strings.Split(f[3], ","), exit: exit, pid: f[5]})
	}
	if len(out) == 0 {
		r.miss(part, "the host names no service")
		return nil, false
	}
	return out, true
}

func (r *reader) winServices(uptime string) {
	list, ok := r.winList(partServices)
	if !ok {
		return
	}
	up, err := strconv.ParseUint(uptime, 10, 63)
	young := err == nil && up < startsWithin
	var running []string
	for _, s := range list {
		switch {
		case s.state == "running":
			r.f.Runs[s.name] = true
			if s.counts() {
				running = append(running, s.name)
			}
		case young && s.state == "stopped" && s.exit == neverTried && slices.Contains(s.flags, "delayed"):
			r.f.Runs[s.name] = true // it is not its turn yet
		default:
			r.f.States[s.name] = s.word()
		}
	}
	if len(running) == 0 {
		r.miss(partServices, "the host names no service that runs")
		return
	}
	r.f.Services = r.list(partServices, running)
}

// winFailed reads which services have ended badly, or do so again and again.
func (r *reader) winFailed() {
	list, ok := r.winList(partFailed)
	if !ok {
		return
	}
	crashed, ok := r.rows(partFailed, partFailed, 2)
	if !ok {
		return
	}
	var names []string
	for _, s := range list {
		if s.state == "stopped" && s.exit != 0 && s.exit != neverTried && s.counts() {
			names = append(names, s.name)
		}
	}
	for _, f := range crashed {
		if n, err := strconv.ParseUint(f[1], 10, 32); err == nil && n >= crashesAgain {
			names = append(names, clean(f[0]))
		}
	}
	r.f.FailedUnits = r.list(partFailed, names)
}

// chatty are ports of discovery and delivery, which come and go by themselves.
func chatty(proto string, port int) bool {
	if proto == "tcp" {
		return slices.Contains([]int{5040, 5357, 5358, 7680}, port)
	}
	return slices.Contains([]int{68, 546, 500, 4500, 1900, 3702, 5050, 5353, 5355, 137, 138}, port)
}

// winListeners reads who waits for connections, but for ports that Windows picked and
// for those of services that are started when they are wanted.
func (r *reader) winListeners() {
	rows, ok := r.rows(partListeners, partListeners, 4)
	if !ok {
		return
	}
	list, ok := r.winList(partListeners)
	if !ok {
		return
	}
	counts, known := map[string]bool{}, map[string]bool{}
	for _, s := range list {
		known[s.pid] = true
		counts[s.pid] = counts[s.pid] || s.counts()
	}
	first, last := 49152, 65535
	if f, ok := r.Get("range"); ok && f.RC == 0 {
		if n, err := fmt.Sscan(string(f.Out), &first, &last); n != 2 || err != nil {
			first, last = 49152, 65535
		}
	}
	var names []string
	for _, f := range rows {
		address, _, _ := strings.Cut(f[1], "%")
		ip, err := netip.ParseAddr(address)
		port, err2 := strconv.ParseUint(f[2], 10, 16)
		n := int(port)
		if err != nil || err2 != nil || n == 0 || f[0] != "tcp" && f[0] != "udp" || n >= first && n <= last || chatty(f[0], n) || known[f[3]] && !counts[f[3]] {
			continue
		}
		name := f[0] + "/" + strconv.Itoa(n)
		if ip.Unmap().IsLoopback() {
			name += onLoopback
		}
		names = append(names, name)
	}
	r.f.Listeners = r.list(partListeners, names)
}

// fixedDrive is DriveType of a local disk.
const fixedDrive = "3"

func (r *reader) winMounts() {
	rows, ok := r.rows(partMounts, partMounts, 3)
	if !ok {
		return
	}
	var names []string
	for _, f := range rows {
		path := clean(strings.ToValidUTF8(f[0], "?"))
		// volumes without a place, and those of a cluster, which its other hosts take over
		if f[1] != fixedDrive || f[2] == "-" || strings.HasPrefix(path, `\\?\`) || strings.HasPrefix(strings.ToLower(path), `c:\clusterstorage\`) {
			continue
		}
		names = append(names, path)
	}
	if len(names) == 0 {
		r.miss(partMounts, "the host names no drive")
		return
	}
	r.f.Mounts = r.list(partMounts, names)
}

func (r *reader) winBroken() {
	rows, ok := r.rows(partBroken, partBroken, 3)
	if !ok {
		return
	}
	words := map[string]string{"0x5": "to be removed, and " + awaits, "0x60": "to be installed, and " + awaits, "pending": "not done: it " + awaits, "0x65": "installed in part"}
	var names []string
	for _, f := range rows {
		word := words[f[1]]
		if word == "" {
			word = "in state " + f[1]
		}
		names = append(names, clean(strings.ReplaceAll(f[0], " ", "_")+" "+word))
	}
	r.f.BrokenPackages = r.list(partBroken, names)
}

// ripe are the packages that count as broken: on Windows what waits for a reboot
// does so only after one.
func ripe(before journal.HealthData, after Fingerprint) []string {
	if after.Init != initWindows || before.BootID != after.BootID {
		return after.BrokenPackages
	}
	return slices.DeleteFunc(slices.Clone(after.BrokenPackages), func(s string) bool { return strings.HasSuffix(s, awaits) })
}

// servicing reports a part that Windows may still be at work on after a boot.
func servicing(r journal.ProbeResult) bool { return !r.OK && r.Name == partBroken }

// newBuild says that a newer build is as it should be: updates, or a reboot that was due.
func newBuild(before journal.HealthData, updated []string) bool {
	return before.Init == initWindows && (len(updated) > 0 || slices.Contains(before.Kernels, afterReboot))
}

// guestSwitch are networks of virtual machines and tunnels.
var guestSwitch = regexp.MustCompile(`(?i)^(loopback|vEthernet \((Default Switch|WSL|nat|DockerNAT)|isatap|teredo|6to4|local area connection\*)`)

func (r *reader) winRoutes() {
	rows, ok := r.rows(partRoutes, partRoutes, 3)
	if !ok {
		return
	}
	var names, defaults []string
	for _, f := range rows {
		to, err := netip.ParsePrefix(f[1])
		if err != nil || guestSwitch.MatchString(f[0]) {
			continue
		}
		// single addresses on the link are the host's own, or broadcasts
		if hop, err := netip.ParseAddr(f[2]); to.IsSingleIP() && (err != nil || hop.IsUnspecified()) {
			continue
		}
		all := "default"
		if to.Addr().Is6() {
			all = "default of IPv6"
		}
		switch name := destination(to.Addr(), to.Bits(), all); {
		case name == "":
		case name == all:
			defaults = append(defaults, name)
		default:
			names = append(names, name)
		}
	}
	r.keepRoutes(names, defaults)
}

// winTime reads whether the time service holds the clock. One that runs only now and
// then says nothing while it does not.
func (r *reader) winTime() {
	if _, ok := r.lines(partTime); !ok {
		return
	}
	v := r.Values(partTime)
	local := slices.Contains([]string{"", "0x00000000", "0x4c4f434c"}, v["reference"]) // LOCL: its own clock
	stratum, err := strconv.ParseUint(v["stratum"], 10, 8)
	switch {
	case v["service"] == "running" && v["leap"] != "":
		r.f.Time = "no"
		if v["leap"] != "3" && err == nil && stratum > 0 && stratum < 16 && !local {
			r.f.Time = "yes"
		}
	case v["service"] == "stopped" && v["start"] == "auto":
		r.f.Time = "no"
	}
}
