package config

import (
	"fmt"
	"net/url"
	"slices"

	"patchwave/connectors"
	"patchwave/policies"

	"github.com/hashicorp/hcl/v2"
)

// provider makes restore points from outside of the hosts.
type provider struct {
	value         *policies.Provider
	connectionRef *ref
}

// providerCommands are the arguments of a provider that is a command.
var providerCommands = []string{"create", "check", "rollback", "remove"}

func providerShape() shape {
	return shape{required: []string{"type"}, optional: slices.Concat([]string{"connection", "url", "token", "ca_file", "server_fingerprint"}, providerCommands)}
}

func (l *loader) decodeProvider(raw *hcl.Block) {
	b := l.open(raw, providerShape())
	v := &policies.Provider{Name: b.name, Pos: position(raw.DefRange)}
	p := &provider{value: v, connectionRef: b.optionalRef("connection", "connection")}
	if w, ok := b.word("type", policies.ProviderTypes()...); ok {
		v.Type = w
	}
	if s, ok := b.nonEmpty("url"); ok {
		v.URL = s
		if u, err := url.Parse(s); err != nil || u.Scheme == "" {
			l.fail(b.place("url"), fmt.Sprintf("%q is no URL", s), "Write it with its scheme: \"https://pve1.example.net:8006\".")
		} else if u.User != nil {
			if _, password := u.User.Password(); password {
				l.failSecret(b.place("url"), "a password stands in the URL", "A secret never stands in the configuration; use token = secret(\"…\").")
			}
		}
	}
	if s, ok := b.secret("token"); ok {
		v.Token = s
	}
	b.apiTrust(v)
	for name, into := range map[string]*[]policies.Text{"create": &v.Create, "check": &v.Check, "rollback": &v.Rollback, "remove": &v.Remove} {
		*into = b.command(name, declaredScope("a provider"))
	}
	b.checkProvider(v)
	if slices.Contains(policies.BuiltInProviders(), b.name) {
		l.fail(labelRange(raw), fmt.Sprintf("provider %q is built in", b.name), "A restore point could not tell them apart; choose another name.")
		return
	}
	declare(l, l.model.providers, b.name, labelRange(raw), p)
}

// apiTrust reads by what an API is known.
func (b *block) apiTrust(v *policies.Provider) {
	var w connectors.WinRM
	w.HTTPS = true // a URL without TLS is reported by itself
	b.serverTrust(&w)
	v.CAFile = w.CAFile
	if w.Fingerprint != "" {
		v.Fingerprint = "sha256:" + w.Fingerprint
	}
	if v.Type != "" && v.Type != policies.ProviderProxmox {
		b.refuse("type = \""+v.Type+"\"", "It belongs to type = \"proxmox\", whose API is spoken to over TLS.", []string{"ca_file", "server_fingerprint"})
	}
}

// checkAPI reports what an API cannot be spoken to without.
func (b *block) checkAPI(v *policies.Provider) {
	if u, err := url.Parse(v.URL); v.URL != "" && err == nil && u.Scheme != "" && u.Scheme != "https" {
		b.l.fail(b.place("url"), "the API of Proxmox VE is spoken to over https only", "Write \"https://pve1.example.net:8006\".")
	}
	if !b.meant("url") && b.meant("connection") {
		b.l.fail(b.at, "a provider of type proxmox needs url", "Its API is not reached by a connection; write url = \"https://pve1.example.net:8006\".")
	}
	if !b.meant("token") {
		b.l.fail(b.at, "a provider of type proxmox needs token", "It is secret(\"cred:NAME\") of a token of the form USER@REALM!NAME=UUID.")
	}
}

// checkProvider reports what does not fit the type.
func (b *block) checkProvider(v *policies.Provider) {
	switch {
	case v.Type == policies.ProviderCommand:
		for _, name := range providerCommands {
			if !b.meant(name) {
				b.l.fail(b.at, fmt.Sprintf("a provider of type command needs %s", name), "It is a program and its arguments: ["+"\"/usr/local/bin/point\", \""+name+"\", \"${host.name}\"].")
			}
		}
	case v.Type != "":
		for _, name := range providerCommands {
			if a, ok := b.attrs[name]; ok {
				b.l.fail(a.NameRange, fmt.Sprintf("%s has no meaning for a provider of type %s", name, v.Type), "Leave it out, or use type = \"command\".")
			}
		}
		if !b.meant("url", "connection") {
			b.l.fail(b.at, fmt.Sprintf("a provider of type %s needs a way to it", v.Type), "Give it url, connection or both.")
		}
		if v.Type == policies.ProviderProxmox {
			b.checkAPI(v)
		}
	}
}
