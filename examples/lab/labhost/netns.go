//go:build lab

package labhost

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

var errClosed = errors.New("the lab is closed")

// network is a network namespace without a name: it lives as long as one thread
// of this process, and everything that was started in it dies with that thread.
// Whatever happens to the process, the kernel cleans up behind it.
type network struct {
	calls chan func()
	done  chan struct{}
	once  sync.Once
	ns    *os.File
}

// newNetwork makes the namespace, with the loopback interface down.
func newNetwork() (*network, error) {
	n := &network{calls: make(chan func()), done: make(chan struct{})}
	ready := make(chan error, 1)
	go n.serve(ready)
	if err := <-ready; err != nil {
		return nil, fmt.Errorf("make a network namespace: %w", err)
	}
	return n, nil
}

// serve is the thread. It is never unlocked, so the runtime ends it with the
// goroutine, and the kernel then kills what was started with Pdeathsig.
func (n *network) serve(ready chan<- error) {
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		ready <- err
		return
	}
	ns, err := os.Open("/proc/thread-self/ns/net")
	n.ns = ns
	ready <- err
	if err != nil {
		return
	}
	for {
		select {
		case call := <-n.calls:
			call()
		case <-n.done:
			return
		}
	}
}

// start starts cmd inside. It dies with the lab.
func (n *network) start(cmd *exec.Cmd) error {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	result := make(chan error, 1)
	select {
	case n.calls <- func() { result <- cmd.Start() }:
		return <-result
	case <-n.done:
		return errClosed
	}
}

// run runs cmd inside, to its end.
func (n *network) run(cmd *exec.Cmd) error {
	if err := n.start(cmd); err != nil {
		return err
	}
	return cmd.Wait()
}

// dial connects from inside. address is numeric.
func (n *network) dial(ctx context.Context, kind, address string) (net.Conn, error) {
	type answer struct {
		conn net.Conn
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread is spoilt and ends here
		if err := unix.Setns(int(n.ns.Fd()), unix.CLONE_NEWNET); err != nil {
			answers <- answer{err: fmt.Errorf("enter the lab's network: %w", err)}
			return
		}
		var dialer net.Dialer
		conn, err := dialer.DialContext(ctx, kind, address)
		answers <- answer{conn, err}
	}()
	a := <-answers
	return a.conn, a.err
}

// close ends the namespace and everything that was started in it.
func (n *network) close() {
	n.once.Do(func() {
		close(n.done)
		_ = n.ns.Close() // nothing was written
	})
}
