package sim

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// Options of a fleet. The zero value is a fleet on 127.0.0.1.
type Options struct {
	// Addresses gives each machine an address of its own in 127.0.0.0/8, instead
	// of a port of its own on 127.0.0.1. Not every system has them.
	Addresses bool
	// Port is the port of every machine, where each has an address of its own; 0
	// means a free one for each. WindowsPort is that of WinRM.
	Port, WindowsPort int
	// SharedHostKey gives all machines one host key: many are made faster.
	SharedHostKey bool
	// JobTime is how long an installation takes; 0 means 300 ms. Keeping old
	// packages takes a quarter of it.
	JobTime time.Duration
	// RebootTime is how long a machine is away; 0 means 500 ms.
	RebootTime time.Duration
	// Second is how long a second lasts that a machine waits, for a lock or before
	// a reboot; 0 means 50 ms.
	Second time.Duration
}

// Fleet is a number of machines. Its methods are safe for use by many.
type Fleet struct {
	opt     Options
	ctx     context.Context
	cancel  context.CancelFunc
	client  ssh.PublicKey
	pem     []byte
	hostKey ssh.Signer
	// password is that of WindowsUser.
	password string

	mu     sync.Mutex
	closed bool
	hosts  []*Host
	// taken are the addresses of machines, of those too that are down.
	taken map[string]bool
	work  sync.WaitGroup
}

// ErrClosed says that the fleet was closed.
var ErrClosed = errors.New("the simulated fleet is closed")

// NewFleet makes a fleet without machines. Close it.
func NewFleet(opt Options) (*Fleet, error) {
	opt.JobTime = or(opt.JobTime, 300*time.Millisecond)
	opt.RebootTime = or(opt.RebootTime, 500*time.Millisecond)
	opt.Second = or(opt.Second, 50*time.Millisecond)
	f := &Fleet{opt: opt, taken: map[string]bool{}}
	f.password = "Pw-" + rand.Text()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make the key of the simulated fleet's user: %w", err)
	}
	if f.client, err = ssh.NewPublicKey(public); err != nil {
		return nil, fmt.Errorf("make the key of the simulated fleet's user: %w", err)
	}
	block, err := ssh.MarshalPrivateKey(private, "patchwave simulated fleet")
	if err != nil {
		return nil, fmt.Errorf("make the key of the simulated fleet's user: %w", err)
	}
	f.pem = pem.EncodeToMemory(block)
	if opt.SharedHostKey {
		if f.hostKey, err = newHostKey(); err != nil {
			return nil, err
		}
	}
	f.ctx, f.cancel = context.WithCancel(context.Background())
	return f, nil
}

func newHostKey() (ssh.Signer, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make the host key of a simulated machine: %w", err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		return nil, fmt.Errorf("make the host key of a simulated machine: %w", err)
	}
	return signer, nil
}

// Add starts a machine. Names must be unique.
func (f *Fleet) Add(m Machine) (*Host, error) {
	if m.Name == "" || f.Host(m.Name) != nil {
		return nil, fmt.Errorf("add a simulated machine: the name %q is empty or taken", m.Name)
	}
	h, err := newHost(f, m)
	if err != nil {
		return nil, err
	}
	if h.win != nil {
		return f.addWindows(h, m)
	}
	l, err := f.listen(m)
	if err != nil {
		return nil, fmt.Errorf("add simulated machine %s: %w", m.Name, err)
	}
	h.addr = l.Addr().String()
	if !f.admit(h) {
		_ = l.Close() // nobody has it yet
		return nil, ErrClosed
	}
	if m.Faults.Unreachable {
		_ = l.Close() // nothing is to listen there
		h.life.Lock()
		h.keep(l.Addr())
		h.life.Unlock()
		return h, nil
	}
	h.goUp(l)
	return h, nil
}

// admit makes a machine one of the fleet, unless that is closed.
func (f *Fleet) admit(h *Host) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.closed {
		f.hosts = append(f.hosts, h)
	}
	return !f.closed
}

// addWindows starts a machine of the family Windows.
func (f *Fleet) addWindows(h *Host, m Machine) (*Host, error) {
	if err := h.win.open(m); err != nil {
		return nil, fmt.Errorf("add simulated machine %s: %w", m.Name, err)
	}
	if !f.admit(h) {
		h.win.server.Close()
		return nil, ErrClosed
	}
	h.win.serve()
	return h, nil
}

// nextAddress is the address of the next machine, where the Options give each its
// own.
func (f *Fleet) nextAddress() string {
	if !f.opt.Addresses {
		return "127.0.0.1"
	}
	f.mu.Lock()
	n := len(f.taken)
	f.mu.Unlock()
	return fmt.Sprintf("127.%d.%d.%d", 100+n/62500, n/250%250, 1+n%250)
}

// take is false if a machine has the address already, perhaps one that is down.
func (f *Fleet) take(address string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	taken := f.taken[address]
	f.taken[address] = true
	return !taken
}

// listen finds an address for a machine that no other one has, not even one
// that is down at the moment.
func (f *Fleet) listen(m Machine) (net.Listener, error) {
	address := m.Address
	if address == "" {
		address = f.nextAddress()
	}
	var aside []net.Listener
	defer func() {
		for _, l := range aside {
			_ = l.Close() // it was only held so that the next one differs
		}
	}()
	for {
		port := 0
		if f.opt.Addresses {
			port = f.opt.Port
		}
		l, err := (&net.ListenConfig{}).Listen(f.ctx, "tcp", net.JoinHostPort(address, strconv.Itoa(port)))
		if err != nil {
			return nil, err
		}
		if f.take(l.Addr().String()) {
			return l, nil
		}
		aside = append(aside, l)
	}
}

// spawn runs work that Close waits for. It is false after Close.
func (f *Fleet) spawn(work func()) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return false
	}
	f.work.Go(work)
	return true
}

// Hosts are the machines in the order in which they were added.
func (f *Fleet) Hosts() []*Host {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.hosts)
}

// Host is the machine of a name, or nil.
func (f *Fleet) Host(name string) *Host {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, h := range f.hosts {
		if h.name == name {
			return h
		}
	}
	return nil
}

// ClientKey is the key with which any user may log in, as an OpenSSH private key
// without a passphrase.
func (f *Fleet) ClientKey() []byte { return slices.Clone(f.pem) }

// WindowsPassword is the password of WindowsUser on all machines.
func (f *Fleet) WindowsPassword() string { return f.password }

// KnownHosts are the host keys of all machines of Linux as ssh(1) keeps them.
func (f *Fleet) KnownHosts() []byte {
	var b strings.Builder
	for _, h := range f.Hosts() {
		if h.win != nil {
			continue
		}
		ip, port := h.Addr()
		fmt.Fprintf(&b, "[%s]:%s %s", ip, strconv.Itoa(port), ssh.MarshalAuthorizedKey(h.key.PublicKey()))
	}
	return []byte(b.String())
}

// Close turns all machines off and waits until nothing of them is left.
func (f *Fleet) Close() {
	f.mu.Lock()
	f.closed = true
	hosts := slices.Clone(f.hosts)
	f.mu.Unlock()
	f.cancel()
	for _, h := range hosts {
		h.goDown()
	}
	f.work.Wait()
	for _, h := range hosts {
		if h.win != nil {
			h.win.server.Close()
			continue
		}
		h.life.Lock()
		h.letGo()
		h.life.Unlock()
	}
}
