//go:build lab

package labhost

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

const (
	bridge  = "lab0"
	gateway = "10.77.0.1"
)

// Lab is a network of its own with guests in it. The process that opened it is
// the controller's machine: Dial, SSH and Patchwave act from inside.
type Lab struct {
	// Dir is the lab's working directory, removed by Close.
	Dir string
	// KeyFile is the private key that logs every user of every guest in.
	KeyFile string

	id     string
	owner  *os.File // holds the lock that says that Dir is in use
	logf   func(format string, args ...any)
	net    *network
	images images

	mu      sync.Mutex
	hosts   map[string]*Host
	program func(context.Context) (string, error)
}

// Open builds the images if they are not cached, and makes an empty lab. It
// needs root and what install.sh installs. logf receives timings. The caller
// must Close it; if the process dies first, the kernel kills the guests and only
// Dir and empty cgroups stay.
func Open(ctx context.Context, logf func(format string, args ...any)) (*Lab, error) {
	if os.Geteuid() != 0 {
		return nil, errors.New("the lab makes namespaces and mounts: run as root")
	}
	began := time.Now()
	dir, owner, err := makeRunDir(ctx)
	if err != nil {
		return nil, fmt.Errorf("make the lab's directory: %w", err)
	}
	l := &Lab{
		Dir: dir, owner: owner, KeyFile: filepath.Join(dir, "id_ed25519"), id: cgroupPrefix + filepath.Base(dir), logf: logf,
		hosts: map[string]*Host{},
	}
	l.program = buildProgram(filepath.Join(dir, "patchwave"))
	if err := l.open(ctx); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	logf("lab: open after %.2fs", time.Since(began).Seconds())
	return l, nil
}

func (l *Lab) open(ctx context.Context) (err error) {
	scripts := filepath.Join(l.Dir, "scripts")
	if err := os.Mkdir(scripts, 0o700); err != nil {
		return err
	}
	if err := writeScripts(scripts); err != nil {
		return err
	}
	if err := keygen(ctx, l.KeyFile); err != nil {
		return err
	}
	if l.images, err = (builder{ctx, scripts, l.logf}).images(); err != nil {
		return fmt.Errorf("build the lab's images: %w", err)
	}
	if l.net, err = newNetwork(); err != nil {
		return err
	}
	for _, args := range [][]string{
		{"link", "set", "lo", "up"},
		{"link", "add", bridge, "type", "bridge"},
		{"address", "add", gateway + "/24", "dev", bridge},
		{"link", "set", bridge, "up"},
	} {
		if err := l.ip(ctx, args...); err != nil {
			return err
		}
	}
	return nil
}

// Close stops all guests and removes everything but the cache. It takes at most
// a minute.
func (l *Lab) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var stops []func() error
	for _, h := range l.Hosts() {
		stops = append(stops, func() error { return h.Stop(ctx) })
	}
	err := parallel(stops...)
	if l.net != nil {
		l.net.close()
	}
	if l.images.image.file != nil {
		l.images.release()
	}
	return errors.Join(err, removeRunDir(ctx, l.Dir, l.owner))
}

// Hosts are the lab's guests, in no order.
func (l *Lab) Hosts() []*Host {
	l.mu.Lock()
	defer l.mu.Unlock()
	hosts := make([]*Host, 0, len(l.hosts))
	for _, h := range l.hosts {
		hosts = append(hosts, h)
	}
	return hosts
}

// Dial connects from inside the lab. address is numeric, "10.77.0.11:22".
func (l *Lab) Dial(ctx context.Context, kind, address string) (net.Conn, error) {
	return l.net.dial(ctx, kind, address)
}

// Run runs cmd inside the lab's network, to its end. If the lab ends first, it
// is killed.
func (l *Lab) Run(cmd *exec.Cmd) error { return l.net.run(cmd) }

// NetworkPath names the lab's network namespace for nsenter --net, as long as
// the lab is open.
func (l *Lab) NetworkPath() string {
	return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), l.net.ns.Fd())
}

func (l *Lab) ip(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, "ip", args...)
	var out limited
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := l.net.run(cmd); err != nil {
		return fmt.Errorf("ip %q: %w: %s", args, err, out.Bytes())
	}
	return nil
}

func keygen(ctx context.Context, path string) error {
	cmd := exec.CommandContext(ctx, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", path)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("ssh-keygen: %w: %s", err, out)
	}
	return nil
}
