//go:build lab

package labhost

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// LinkDown pulls the guest's cable: packets vanish, nothing is refused, both
// ends keep their connections and wait.
func (h *Host) LinkDown(ctx context.Context) error {
	return h.lab.ip(ctx, "link", "set", h.cable(), "down")
}

// LinkUp plugs it in again.
func (h *Host) LinkUp(ctx context.Context) error {
	return h.lab.ip(ctx, "link", "set", h.cable(), "up")
}

// KillSSHSessions ends every ssh session of the guest at once, as when sshd
// crashes: the peers see their connections closed, the programs of the sessions
// go on until they write.
func (h *Host) KillSSHSessions(ctx context.Context) error {
	// All but the one that listens: a session of a user is two processes.
	_, err := h.Sh(ctx, `pgrep -x sshd | grep -vx "$(cat /run/sshd.pid)" | xargs -r kill -KILL`)
	return err
}

const bootIDPath = "/proc/sys/kernel/random/boot_id"

// BootID is the guest's current boot id. While it is between two boots, that is
// an error.
func (h *Host) BootID() (string, error) {
	g, err := h.running()
	if err != nil {
		return "", err
	}
	pid, err := g.init()
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/root%s", pid, bootIDPath))
	if err != nil {
		return "", fmt.Errorf("%s is between two boots: %w", h.Name, err)
	}
	// Until a guest has its own root and boot id, it sees this machine's.
	machine, err := os.ReadFile(bootIDPath)
	if err != nil {
		return "", err
	}
	if string(text) == string(machine) {
		return "", fmt.Errorf("%s is between two boots", h.Name)
	}
	return strings.TrimSpace(string(text)), nil
}

// HoldBoot keeps the guest from coming back: its next reboot ends in darkness
// until ReleaseBoot.
func (h *Host) HoldBoot() error {
	return os.WriteFile(filepath.Join(h.state(), "hold"), nil, 0o600)
}

// ReleaseBoot lets a held guest boot.
func (h *Host) ReleaseBoot() error {
	return os.Remove(filepath.Join(h.state(), "hold"))
}
