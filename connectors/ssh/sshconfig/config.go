package sshconfig

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
)

// Config is one configuration with all that it includes. It does not change and
// is safe for concurrent use.
type Config struct {
	root      *file
	home      string
	localUser string
}

// Load reads a configuration. A file that is not there is an empty one. Errors
// name file and line; a file that anybody may write to is an error. "~" in path
// is not expanded.
func Load(path string) (*Config, error) {
	c, err := newConfig()
	if err != nil {
		return nil, err
	}
	r := &reader{home: c.home}
	c.root, err = r.read(path, 0)
	if errors.Is(err, fs.ErrNotExist) && r.files == 1 {
		c.root, err = &file{path: path}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read ssh_config: %w", err)
	}
	return c, nil
}

func newConfig() (*Config, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return nil, fmt.Errorf("read ssh_config: %w; set HOME", err)
	}
	c := &Config{home: home, localUser: os.Getenv("USER")}
	if u, err := user.Current(); err == nil {
		c.localUser = u.Username
	}
	return c, nil
}

// Host returns the settings of a host by the name that an operator would give to
// ssh. The settings are as full as they can be even beside an error, which is an
// *UnsupportedError if reaching the host needs something that is never done
// (ProxyCommand, Match exec), else names the line to correct.
func (c *Config) Host(alias string) (Settings, error) {
	if err := checkHost(alias); err != nil {
		return Settings{}, fmt.Errorf("look up in ssh_config: %w", err)
	}
	r := &resolver{
		subject: subject{alias: alias, host: alias, user: c.localUser, localUser: c.localUser},
		home:    c.home,
		first:   map[string]option{},
		all:     map[string][]option{},
	}
	r.walk(c.root)
	s, err := r.settings()
	if err != nil {
		if _, ok := errors.AsType[*UnsupportedError](err); ok {
			return s, err
		}
		return s, fmt.Errorf("ssh_config of host %s: %w", alias, err)
	}
	return s, nil
}
