package ssh

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/ssh/sshconfig"
)

// mostJumps bounds a chain that ssh_config makes of itself.
const mostJumps = 8

// configCache holds ~/.ssh/config. It is read again when the file has changed;
// files that it includes are not looked at.
type configCache struct {
	path string

	mu      sync.Mutex
	config  *sshconfig.Config
	state   string
	checked time.Time
}

func newConfigCache(path string) *configCache { return &configCache{path: path} }

func (c *configCache) load() (*sshconfig.Config, error) {
	path := c.path
	if path == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return nil, fmt.Errorf("find ~/.ssh/config: %w; set HOME", err)
		}
		path = filepath.Join(home, ".ssh", "config")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.config != nil && time.Since(c.checked) < recheck {
		return c.config, nil
	}
	state := filesState([]string{path})
	if c.config == nil || c.state != state {
		config, err := sshconfig.Load(path)
		if err != nil {
			return nil, err
		}
		c.config, c.state = config, state
	}
	c.checked = time.Now()
	return c.config, nil
}

// settings returns what ssh_config says about a target, nothing if the target
// does not want it.
func (c *configCache) settings(t connectors.Target) (sshconfig.Settings, error) {
	if !t.SSHConfig {
		return sshconfig.Settings{}, nil
	}
	config, err := c.load()
	if err == nil {
		var s sshconfig.Settings
		if s, err = config.Host(t.Address); err == nil {
			return s, nil
		}
	}
	return sshconfig.Settings{}, &connectors.Error{Code: connectors.CodeUnsupported, Phase: connectors.PhaseDial, Host: t.Name,
		Message: "cannot use ssh_config", Hint: "correct it, or set `ssh_config = false`", Err: err}
}
