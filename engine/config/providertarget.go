package config

import (
	"net/url"
	"strconv"

	"patchwave/connectors"
	"patchwave/policies"
)

// providerTarget is how the machine of a provider is dialled: its connection, and the
// host of its URL. Nothing is dialled without both. A port in the URL counts where the
// connection is of the kind that the URL is of: the port of an API is not that of SSH.
func (l *loader) providerTarget(p *policies.Provider, c *connection) connectors.Target {
	u, err := url.Parse(p.URL)
	if err != nil || u.Hostname() == "" {
		return connectors.Target{}
	}
	t := c.target
	t.Name, t.Address = p.Name, u.Hostname()
	t.Keys.Files = l.model.settings.KnownHosts
	if t.Kind == connectors.KindWinRM && p.Type == policies.ProviderHyperV {
		if port, err := strconv.Atoi(u.Port()); err == nil {
			t.Port = port
		}
	}
	return t
}

// Providers are the declared providers by name, with the way to each. Empty if the
// configuration has errors.
func (c *Config) Providers() map[string]*policies.Provider {
	out := map[string]*policies.Provider{}
	if c.model.broken {
		return out
	}
	for _, p := range c.model.providers.order {
		out[p.value.Name] = p.value
	}
	return out
}
