package ssh

import (
	"cmp"
	"os"
	"os/user"
	"path/filepath"
	"slices"

	"patchwave/connectors"
	"patchwave/connectors/ssh/sshconfig"
)

// globalKnownHosts is the known_hosts file of the machine; ssh_config(5),
// GlobalKnownHostsFile.
const globalKnownHosts = "/etc/ssh/ssh_known_hosts"

// usualKeys are the names that ssh looks for in ~/.ssh, without those that need
// a security token; ssh_config(5), IdentityFile.
var usualKeys = []string{"id_ed25519", "id_ecdsa", "id_rsa"}

// resolve fills in a target and its chain: first what the target says, then
// ssh_config if the target wants it, then the defaults.
func (d *Dialer) resolve(t connectors.Target) (endpoint, error) {
	ep, hops, err := d.resolveOne(t)
	if err != nil {
		return endpoint{}, err
	}
	if len(t.Jump) == 0 {
		ep.jump, err = d.configuredJump(t, hops, 0)
		return ep, err
	}
	for _, jump := range t.Jump {
		if len(jump.Jump) > 0 {
			return endpoint{}, connectors.Errorf(connectors.CodeUnsupported, connectors.PhaseDial, t.Name,
				"jump host %s has jump hosts of its own; write the whole chain at the target", jump.Name)
		}
		hop, _, err := d.resolveOne(jump)
		if err != nil {
			return endpoint{}, err
		}
		ep.jump = append(ep.jump, hop)
	}
	return ep, nil
}

// configuredJump makes the chain that ssh_config names. As with ssh, each hop is
// a host of the configuration itself, and the first one may have a chain of its
// own.
func (d *Dialer) configuredJump(t connectors.Target, hops []sshconfig.Hop, depth int) (chain []endpoint, err error) {
	if depth+len(hops) > mostJumps {
		return nil, connectors.Errorf(connectors.CodeUnsupported, connectors.PhaseDial, t.Name,
			"ssh_config leads over more than %d jump hosts; look for a ProxyJump that names itself", mostJumps)
	}
	for i, h := range hops {
		hop, more, err := d.resolveOne(connectors.Target{
			Name: h.Host, Kind: connectors.KindSSH, Address: h.Host, Port: h.Port, User: h.User, SSHConfig: true,
			Keys: connectors.HostKeys{Policy: t.Keys.Policy, Files: t.Keys.Files}, Timeouts: t.Timeouts, Retry: t.Retry,
		})
		if err != nil {
			return nil, err
		}
		if i == 0 {
			if chain, err = d.configuredJump(t, more, depth+len(hops)); err != nil {
				return nil, err
			}
		}
		chain = append(chain, hop)
	}
	return chain, nil
}

// resolveOne fills in one host and returns the jump hosts that ssh_config names.
func (d *Dialer) resolveOne(t connectors.Target) (endpoint, []sshconfig.Hop, error) {
	ep := endpoint{target: t, timeouts: t.Timeouts.WithDefaults(), retry: t.Retry.WithDefaults(), auth: t.Auth}
	if t.Address == "" {
		return ep, nil, connectors.Errorf(connectors.CodeUnsupported, connectors.PhaseDial, t.Name, "the host has no address; set `address`")
	}
	s, err := d.files.settings(t)
	if err != nil {
		return ep, nil, err
	}
	ep.host = cmp.Or(s.HostName, t.Address)
	ep.port = cmp.Or(t.Port, s.Port, defaultPort)
	ep.aliasName, ep.aliasPort = ep.host, ep.port
	if s.HostKeyAlias != "" {
		ep.aliasName, ep.aliasPort = s.HostKeyAlias, defaultPort
	}
	ep.user = cmp.Or(t.User, s.User)
	if ep.user == "" {
		u, err := user.Current()
		if err != nil {
			return ep, nil, &connectors.Error{Code: connectors.CodeUnsupported, Phase: connectors.PhaseDial, Host: t.Name,
				Message: "cannot find out the name of the running user", Hint: "set `user` in the connection", Err: err}
		}
		ep.user = u.Username
	}
	ep.setTrust(s)
	ep.setAuth(s, d.cfg.AgentSocket)
	return ep, s.ProxyJump, nil
}

// setTrust chooses the known_hosts files.
func (e *endpoint) setTrust(s sshconfig.Settings) {
	e.keyFiles = e.target.Keys.Files
	if len(e.keyFiles) > 0 {
		return
	}
	e.keyFiles = s.UserKnownHostsFiles
	if home, err := os.UserHomeDir(); err == nil && e.keyFiles == nil {
		e.keyFiles = []string{filepath.Join(home, ".ssh", "known_hosts")}
	}
	e.keyFiles = append(slices.Clip(e.keyFiles), globalKnownHosts)
}

// setAuth adds the means of ssh_config, and the usual ones, where the target
// wants ssh_config and names none.
func (e *endpoint) setAuth(s sshconfig.Settings, agentSocket string) {
	if e.auth.Certificate != "" {
		e.certificates = []string{e.auth.Certificate}
	}
	a := e.auth
	if !e.target.SSHConfig || len(a.IdentityFiles) > 0 || a.Agent || a.Password != nil {
		return
	}
	e.usualKeys, e.onlyNamed = true, s.IdentitiesOnly
	e.auth.Agent = agentSocket != "" || os.Getenv("SSH_AUTH_SOCK") != ""
	e.certificates = append(e.certificates, s.CertificateFiles...)
	e.auth.IdentityFiles = s.IdentityFiles
	if s.IdentityFiles != nil {
		return
	}
	if home, err := os.UserHomeDir(); err == nil {
		for _, name := range usualKeys {
			e.auth.IdentityFiles = append(e.auth.IdentityFiles, filepath.Join(home, ".ssh", name))
		}
	}
}
