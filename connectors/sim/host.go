package sim

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// Host is a machine that runs. Its methods are safe for use by many.
type Host struct {
	fleet *Fleet
	name  string
	addr  string
	// key is what KnownHosts says, shown what the machine shows.
	key, other ssh.Signer
	spec       Machine
	family     family
	// win is what a machine of the family Windows is; nil on Linux, which alone has
	// a family and a host key.
	win *windows

	// life guards what is between the machine and the network: life.go.
	life     sync.Mutex
	listener net.Listener
	// held gives the address back that is kept while the machine is down.
	held  func()
	conns map[net.Conn]bool
	down  bool

	// mu guards everything below.
	mu     sync.Mutex
	faults Faults

	bootID   string
	bootedAt time.Time
	// boot ends with the machine's present life.
	boot    context.Context
	endBoot context.CancelFunc
	kernel  string
	build   string

	packages map[string]*installed
	// first are the versions that the machine had at first, gone those of them
	// that the repositories have no more.
	first map[string]string
	gone  map[string]bool
	// repo is what the repositories have now, index what they had at the last
	// refresh.
	repo, index []Offer
	indexAt     time.Time
	indexed     bool
	// kernels are the releases in /boot.
	kernels []string
	// flag are the packages that set /run/reboot-required.
	flag        []string
	interrupted bool
	// stopped are services that were stopped, or started, since the machine was
	// added.
	stopped map[string]bool
	// resting is "asleep" or "off", or "".
	resting string

	claim  claim
	fences map[string]int64
	jobs   map[string]*job
	tombs  map[string]*job
	// worker is the id of the job that holds the host's lock, or "".
	worker string
	// kept are the package files in the directories of keep, "DIR NAME VERSION".
	kept map[string]bool
	// cached are the packages that were downloaded ahead, "NAME VERSION".
	cached map[string]bool
	// marks are the automatic marks in those directories, "DIR NAME".
	marks map[string]bool
	// volumes are those of a machine whose root is a btrfs.
	volumes volumes

	seen record
}

// installed is a package on the machine.
type installed struct {
	name, arch, version string
	auto, held          bool
	// state is "ok" or dpkg's word.
	state string
}

// shown is how apt writes the package: the native architecture is not said.
func shown(name, arch string) string {
	switch arch {
	case "", native, "all", nativeRPM, "noarch":
		return name
	}
	return name + ":" + arch
}

func (p *installed) shown() string { return shown(p.name, p.arch) }

func newHost(f *Fleet, m Machine) (*Host, error) {
	h := &Host{fleet: f, name: m.Name, spec: m, family: familyOf(m.Family), faults: m.Faults, key: f.hostKey, conns: map[net.Conn]bool{},
		packages: map[string]*installed{}, first: map[string]string{}, gone: map[string]bool{}, repo: m.Updates, index: m.Updates,
		fences: map[string]int64{}, jobs: map[string]*job{}, tombs: map[string]*job{}, kept: map[string]bool{}, cached: map[string]bool{}, marks: map[string]bool{}, stopped: map[string]bool{}, seen: newRecord()}
	if m.Family == WindowsFamily {
		h.makeWindows(m)
		return h, nil
	}
	var err error
	if h.key == nil {
		if h.key, err = newHostKey(); err != nil {
			return nil, err
		}
	}
	if h.bootID, err = newBootID(); err != nil {
		return nil, err
	}
	h.bootedAt = time.Now().Add(-or(m.Uptime, 40*24*time.Hour))
	now := time.Now()
	h.indexAt, h.indexed = now.Add(-or(m.IndexAge, 3*time.Hour)), m.IndexAge >= 0
	h.boot, h.endBoot = context.WithCancel(f.ctx)
	h.kernel = or(m.Kernel, h.family.kernel())
	packages := m.Packages
	if packages == nil {
		packages = h.family.base()
	}
	for _, p := range packages {
		i := &installed{name: p.Name, arch: or(p.Arch, h.family.arch()), version: p.Version, auto: p.Auto, held: p.Held, state: "ok"}
		h.packages[i.shown()] = i
		h.first[i.shown()], h.gone[i.shown()] = i.version, p.Gone
	}
	h.kernels = []string{h.kernel}
	h.build = h.family.build(h, h.kernel)
	h.interrupted = m.Faults.Interrupted
	h.volumes.root = h.newUUID()
	return h, nil
}

// newBootID is a random UUID, as /proc/sys/kernel/random/boot_id shows it.
func newBootID() (string, error) {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", fmt.Errorf("make a boot id: %w", err)
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]), nil
}

// Name is the name of the machine.
func (h *Host) Name() string { return h.name }

// Addr is where it listens. A reboot does not change it.
func (h *Host) Addr() (ip string, port int) {
	ip, p, _ := net.SplitHostPort(h.addr) // it comes from a listener
	port, _ = strconv.Atoi(p)             // as above
	return ip, port
}

// Faults are what is wrong with it now.
func (h *Host) Faults() Faults {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.faults
}

// SetFaults changes what is wrong with it. A machine that becomes unreachable
// drops its connections; Interrupted can only be added, as dpkg alone repairs
// itself.
func (h *Host) SetFaults(f Faults) {
	h.mu.Lock()
	was := h.faults
	h.faults = f
	h.interrupted = h.interrupted || f.Interrupted
	h.mu.Unlock()
	switch {
	case h.win != nil:
		h.fleet.spawn(h.win.serve)
	case f.Unreachable && !was.Unreachable:
		h.goDown()
	case !f.Unreachable && was.Unreachable:
		h.comeUp()
	}
}

// Unlock ends the program that holds the package manager's lock, and the other job that holds
// the host's.
func (h *Host) Unlock() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.faults.AptLock, h.faults.HostLock = "", false
}

// Publish puts more versions into the repositories. The machine sees them when
// it refreshes its index.
func (h *Host) Publish(offers ...Offer) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.repo = slices.Concat(h.repo, offers)
}

// PassTime moves the machine's clock on, or back where d is negative: what it takes the
// time by sees that much of it gone. The boot stays the same one.
func (h *Host) PassTime(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.spec.ClockSkew += d
}

// now is the machine's clock, under its lock.
func (h *Host) now() time.Time { return time.Now().Add(h.spec.ClockSkew) }

// names of the packages, sorted.
func (h *Host) names() []string { return slices.Sorted(maps.Keys(h.packages)) }

// broken reports whether a service cannot run with what is installed.
func (h *Host) broken(service string) bool {
	for pkg, name := range h.faults.Breaks {
		p := h.packages[pkg]
		if name == service && p != nil && p.version != h.first[pkg] {
			return true
		}
	}
	return false
}
