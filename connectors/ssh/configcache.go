package ssh

// configCache holds ~/.ssh/config once it was read.
type configCache struct{ path string }

func newConfigCache(path string) *configCache { return &configCache{path: path} }

func (c *configCache) fill(*endpoint) error { return nil }
