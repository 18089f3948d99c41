//go:build lab

package labhost

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

const (
	modeSystemd = "systemd"
	modePlain   = "plain"
)

var hostName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$`)

// Host is one guest.
type Host struct {
	// Name is its host name, and its name in an inventory.
	Name string
	// Flavour is its package manager.
	Flavour Flavour
	// Addr and Port are where its sshd listens, inside the lab.
	Addr string
	Port int
	// KnownHostsLine pins its host key, in the format of known_hosts.
	KnownHostsLine string
	// KeyFile logs in every user.
	KeyFile string

	lab     *Lab
	number  int
	mode    string
	bare    bool
	btrfs   string // "", "name", "default" or "suse"
	snapper bool
	dark    time.Duration
	dir     string // holds the host key and a directory for each generation

	generation atomic.Int64
	mu         sync.Mutex
	guest      *guest // nil while powered off
}

// Option changes how a guest is.
type Option func(*Host)

// Plain makes a guest without systemd: sshd is its first process.
func Plain() Option { return func(h *Host) { h.mode = modePlain } }

// Bare makes a guest without repositories and lab packages; see Prepare.
func Bare() Option { return func(h *Host) { h.bare = true } }

// Btrfs gives a guest with systemd a disk with a btrfs, of which the subvolume @ is its
// root, and the tools for it. It boots from whatever has the name @ then.
func Btrfs() Option { return func(h *Host) { h.btrfs = "name" } }

// BtrfsDefault is Btrfs, and the guest boots from the default subvolume.
func BtrfsDefault() Option { return func(h *Host) { h.btrfs = "default" } }

// Snapper is Btrfs, and snapper is there, without a configuration.
func Snapper() Option { return func(h *Host) { h.btrfs, h.snapper = "name", true } }

// SnapperDefault gives the layout of openSUSE: the guest boots from the default
// subvolume, which is a snapshot of snapper, and /.snapshots is mounted by its name.
func SnapperDefault() Option { return func(h *Host) { h.btrfs, h.snapper = "suse", true } }

// Dark sets how long the guest is off the network in a reboot, rounded to
// milliseconds; the default is one second.
func Dark(d time.Duration) Option { return func(h *Host) { h.dark = d } }

// Add boots one more guest and waits until every user can log in. Its name is a
// host name, unique in the lab. It may be called from several goroutines.
func (l *Lab) Add(ctx context.Context, name string, f Flavour, options ...Option) (*Host, error) {
	if !f.valid() {
		return nil, fmt.Errorf("there is no flavour %q in the lab", f)
	}
	if !hostName.MatchString(name) {
		return nil, fmt.Errorf("%q is no host name: letters, digits and - only", name)
	}
	began := time.Now()
	h := &Host{
		Name: name, Flavour: f, Port: 22, KeyFile: l.KeyFile,
		lab: l, mode: modeSystemd, dark: time.Second, dir: filepath.Join(l.Dir, "host-"+name),
	}
	for _, option := range options {
		option(h)
	}
	if err := l.register(ctx, h); err != nil {
		return nil, err
	}
	if err := h.create(ctx); err != nil {
		return nil, fmt.Errorf("make %s: %w", name, err)
	}
	if err := h.Start(ctx); err != nil {
		return nil, err
	}
	l.logf("lab: %s (%s, %s) up at %s after %.1fs", name, f, h.mode, h.Addr, time.Since(began).Seconds())
	return h, nil
}

// register gives the host its address.
func (l *Lab) register(ctx context.Context, h *Host) error {
	l.mu.Lock()
	if _, ok := l.hosts[h.Name]; ok {
		l.mu.Unlock()
		return fmt.Errorf("the lab has a host %s already", h.Name)
	}
	h.number = len(l.hosts) + 10
	h.Addr = "10.77.0." + strconv.Itoa(h.number)
	l.hosts[h.Name] = h
	l.mu.Unlock()
	if h.number > 250 {
		return errors.New("the lab's network is full")
	}
	if h.number == 10 { // the first one: other labs may be at work, and the guests of all count
		return gated(ctx, func() error { return inotifyInstances().raise(4096) })
	}
	return nil
}

// create makes what stays the same over all boots and resets: the host key.
func (h *Host) create(ctx context.Context) error {
	if err := os.Mkdir(h.dir, 0o700); err != nil {
		return err
	}
	key := filepath.Join(h.dir, "ssh_host_ed25519_key")
	if err := keygen(ctx, key); err != nil {
		return err
	}
	public, err := os.ReadFile(key + ".pub")
	if err != nil {
		return err
	}
	h.KnownHostsLine = h.Addr + " " + string(public)
	return h.newGeneration()
}

// Endpoint is address and port.
func (h *Host) Endpoint() string { return h.Addr + ":" + strconv.Itoa(h.Port) }

// bootLimit is for dozens of guests that boot at once on two processors; a guest
// alone is up in a second.
const bootLimit = 4 * time.Minute

// Start powers the guest on and waits until it is up.
func (h *Host) Start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, bootLimit)
	defer cancel()
	if err := h.powerOn(ctx); err != nil {
		return fmt.Errorf("start %s: %w", h.Name, err)
	}
	return h.WaitUp(ctx)
}

func (h *Host) powerOn(ctx context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.guest != nil {
		return nil
	}
	g, err := startGuest(ctx, h)
	h.guest = g
	return err
}

// Stop cuts the guest's power: nothing inside is asked. Its disk stays as it
// was, and Start boots it again.
func (h *Host) Stop(ctx context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.guest == nil {
		return nil
	}
	err := h.guest.kill(ctx)
	h.guest = nil
	return err
}

// Reset puts the guest back to what it was when it was new, within seconds: the
// old versions installed, the same address and host key, another boot id.
func (h *Host) Reset(ctx context.Context) error {
	if err := h.Stop(ctx); err != nil {
		return err
	}
	if err := h.newGeneration(); err != nil {
		return fmt.Errorf("reset %s: %w", h.Name, err)
	}
	return h.Start(ctx)
}

// Prepare configures the repositories and installs the old versions on a Bare
// guest. Other guests are prepared already.
func (h *Host) Prepare(ctx context.Context) error {
	_, err := h.Sh(ctx, "/srv/lab/prepare.sh")
	return err
}

// running returns the guest, or why there is none.
func (h *Host) running() (*guest, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.guest == nil {
		return nil, fmt.Errorf("%s is off", h.Name)
	}
	return h.guest, nil
}

// state is the directory of the current generation.
func (h *Host) state() string {
	return filepath.Join(h.dir, strconv.FormatInt(h.generation.Load(), 10))
}

func (h *Host) consoleTail() []byte {
	text, err := os.ReadFile(filepath.Join(h.state(), "console"))
	if err != nil {
		return []byte(err.Error())
	}
	return tail(text, 4096)
}

// command is a program run for the host, with nothing of the caller's
// environment.
func command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C"}
	cmd.WaitDelay = 5 * time.Second
	return cmd
}
