//go:build lab

package labhost

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// newGeneration gives the guest a new disk: an empty upper layer with the few
// files that make it this machine. An upper layer is never mounted twice.
func (h *Host) newGeneration() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	old := h.state()
	h.generation.Add(1)
	files, err := h.identity()
	if err != nil {
		return err
	}
	for name, file := range files {
		path := filepath.Join(h.state(), "upper", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, file.body, file.mode); err != nil {
			return err
		}
	}
	return errors.Join(os.Chmod(h.state(), 0o700), os.RemoveAll(old))
}

type identityFile struct {
	body []byte
	mode os.FileMode
}

// identity are the files that differ from host to host.
func (h *Host) identity() (map[string]identityFile, error) {
	machine := make([]byte, 16)
	if _, err := rand.Read(machine); err != nil {
		return nil, err
	}
	private, err := os.ReadFile(filepath.Join(h.dir, "ssh_host_ed25519_key"))
	if err != nil {
		return nil, err
	}
	public, err := os.ReadFile(filepath.Join(h.dir, "ssh_host_ed25519_key.pub"))
	if err != nil {
		return nil, err
	}
	users, err := os.ReadFile(h.KeyFile + ".pub")
	if err != nil {
		return nil, err
	}
	// Without its own name in hosts, every sudo waits for a name server.
	hosts := fmt.Sprintf("127.0.0.1 localhost %s\n::1 localhost\n", h.Name)
	return map[string]identityFile{
		"etc/hostname":                     {[]byte(h.Name + "\n"), 0o644},
		"etc/hosts":                        {[]byte(hosts), 0o644},
		"etc/machine-id":                   {[]byte(hex.EncodeToString(machine) + "\n"), 0o444},
		"etc/ssh/ssh_host_ed25519_key":     {private, 0o600},
		"etc/ssh/ssh_host_ed25519_key.pub": {public, 0o644},
		"etc/ssh/lab_authorized_keys":      {users, 0o644},
	}, nil
}
