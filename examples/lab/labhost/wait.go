//go:build lab

package labhost

import (
	"bufio"
	"context"
	"fmt"
	"strings"
	"time"
)

// Poll calls try until it returns nil, at every interval, and returns its last
// error when ctx ends.
func Poll(ctx context.Context, every time.Duration, try func() error) error {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w (%w)", err, context.Cause(ctx))
		case <-ticker.C:
		}
	}
}

// greeted says whether sshd answers on the host's address.
func (h *Host) greeted(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	conn, err := h.lab.Dial(ctx, "tcp", h.Endpoint())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // only read from
	if err := conn.SetDeadline(time.Now().Add(2 * time.Second)); err != nil {
		return err
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return err
	}
	if !strings.HasPrefix(line, "SSH-2.0-") {
		return fmt.Errorf("sshd greets with %q", line)
	}
	return nil
}

// WaitUp waits until sshd answers and the guest has finished booting, so that
// every user may log in.
func (h *Host) WaitUp(ctx context.Context) error {
	// Asked before its interface is there, the kernel waits a second with the
	// next question for the guest's address; a boot id means that it is.
	booted := func() error { _, err := h.BootID(); return err }
	err := Poll(ctx, 20*time.Millisecond, booted)
	if err == nil {
		err = Poll(ctx, 50*time.Millisecond, func() error { return h.greeted(ctx) })
	}
	if err != nil {
		return fmt.Errorf("%s does not come up: %w\n%s", h.Name, err, h.consoleTail())
	}
	if h.mode == modePlain {
		return nil
	}
	return Poll(ctx, 100*time.Millisecond, func() error {
		_, err := h.Sh(ctx, `[ -d /run/systemd/system ] || exit 1
			systemctl is-system-running --wait >/dev/null || systemctl --failed --plain --no-legend
			[ ! -e /run/nologin ]`)
		return err
	})
}

// WaitReboot waits until the guest is up with another boot id than old, and
// returns the new one.
func (h *Host) WaitReboot(ctx context.Context, old string) (string, error) {
	var now string
	err := Poll(ctx, 100*time.Millisecond, func() (err error) {
		if now, err = h.BootID(); err == nil && now == old {
			err = fmt.Errorf("%s has not rebooted: its boot id is still %s", h.Name, old)
		}
		return err
	})
	if err != nil {
		return "", err
	}
	return now, h.WaitUp(ctx)
}
