package config

import (
	"fmt"
	"net/url"
	"slices"

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
	return shape{required: []string{"type"}, optional: slices.Concat([]string{"connection", "url", "token"}, providerCommands)}
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
	}
}
