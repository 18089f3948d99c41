package config

import (
	"fmt"
	"slices"
	"strings"

	"patchwave/connectors"
	"patchwave/inventory"
	"patchwave/inventory/source"

	"github.com/hashicorp/hcl/v2"
)

// login is what a source says about reaching one host. It wins over the
// connection, as what stands beside one host does; secrets, become and trust are
// those of the connection alone.
type login struct {
	user          string
	port          int
	identityFiles []string
	jump          []connectors.Target
}

// adoptSource declares the hosts and groups of a source as if they stood in the
// configuration.
func (l *loader) adoptSource(s *sourceBlock, result *source.Result, connection *ref, at hcl.Range) {
	var secrets []string
	members := map[string][]ref{}
	if len(l.model.hosts.order)+len(result.Hosts) > maxHosts {
		l.fail(at, "too many hosts", fmt.Sprintf("One configuration has %d hosts at most; divide the fleet among several.", maxHosts))
		return
	}
	for i := range result.Hosts {
		in := &result.Hosts[i]
		secrets = append(secrets, in.Secrets...)
		h := l.sourceHost(s, in, connection)
		if !l.declaredTwice(s, "host", in.Name, at, l.model.hosts.folded, l.model.hosts.places) {
			declare(l, l.model.hosts, in.Name, h.at, h)
		}
		for _, g := range in.Groups {
			members[g] = append(members[g], ref{kind: "host", name: in.Name, at: s.at})
		}
	}
	for _, in := range result.Groups {
		g := &group{name: in.Name, at: foreign(in.Pos), memberRefs: members[in.Name]}
		if in.Pos.File == "" {
			g.at = s.at
		}
		for _, child := range in.Children {
			g.memberRefs = append(g.memberRefs, ref{kind: "group", name: child, at: s.at})
		}
		if !l.declaredTwice(s, "group", in.Name, at, l.model.groups.folded, l.model.groups.places) {
			declare(l, l.model.groups, in.Name, g.at, g)
		}
	}
	if len(secrets) > 0 {
		slices.Sort(secrets)
		secrets = slices.Compact(secrets)
		l.warn(at, fmt.Sprintf("source %q holds secrets", s.value.Name),
			fmt.Sprintf("They were left out: %s. Give the connection secret(\"…\") instead.", joinWords(secrets[:min(len(secrets), maxListed)])))
	}
}

// maxListed bounds how many names a message lists.
const maxListed = 10

// declaredTwice reports a name of a source that is declared elsewhere. The first
// places are named; a source that was included twice repeats all of them.
func (l *loader) declaredTwice(s *sourceBlock, kind, name string, at hcl.Range, folded map[string]string, places map[string]hcl.Range) bool {
	other, taken := folded[strings.ToLower(name)]
	if !taken {
		return false
	}
	key := "twice\x00" + s.value.Name
	if l.counts[key]++; l.counts[key] <= maxListed {
		first := places[other]
		l.fail(at, fmt.Sprintf("%s %q of source %q is declared already", kind, name, s.value.Name),
			fmt.Sprintf("It is first declared at %s:%d; leave it out of one of them.", first.Filename, first.Start.Line), first)
	}
	return true
}

func (l *loader) sourceHost(s *sourceBlock, in *source.Host, connection *ref) *host {
	at := foreign(in.Pos)
	if in.Pos.File == "" {
		at = s.at
	}
	h := &host{
		name: in.Name, at: at, address: in.Address, vars: in.Vars, source: s.value.Name,
		connectionRef: connection, says: connection != nil, sourceKind: in.Connection,
	}
	if h.address == "" {
		h.address = in.Name
	}
	if !isAddress(h.address) {
		l.fail(at, fmt.Sprintf("%q is no address", h.address), "Write a DNS name or an IP address; user and port belong to the connection.")
	}
	if len(in.Labels) > 0 {
		h.labels = l.sourceLabels(in, at)
	}
	if in.Timezone != "" {
		if zone, ok := l.zoneNamed(in.Timezone, at); ok {
			h.timezone = zone.String()
		}
	}
	if in.Site != "" {
		h.siteRef = &ref{kind: "site", name: in.Site, at: at}
	}
	h.login = l.sourceLogin(in, at)
	return h
}

func (l *loader) sourceLabels(in *source.Host, at hcl.Range) inventory.Labels {
	out := make(inventory.Labels, len(in.Labels))
	for _, key := range sortedKeys(in.Labels) {
		if !labelPattern.MatchString(key) {
			l.warn(at, fmt.Sprintf("%q is no name for a label", key), fmt.Sprintf("It is left out of host %q. Labels have letters, digits, dots, dashes, underscores and slashes.", in.Name))
			continue
		}
		out[key] = strings.Map(func(r rune) rune {
			if isControl(r) {
				return ' '
			}
			return r
		}, in.Labels[key])
	}
	return out
}

func (l *loader) sourceLogin(in *source.Host, at hcl.Range) *login {
	if in.User == "" && in.Port == 0 && len(in.IdentityFiles)+len(in.Jump) == 0 {
		return nil
	}
	out := &login{user: in.User, port: in.Port}
	if strings.HasPrefix(in.User, "-") || strings.ContainsFunc(in.User, isControl) {
		l.fail(at, fmt.Sprintf("%q is no user name", in.User), userAdvice)
	}
	for _, f := range in.IdentityFiles {
		if path, ok := l.path(f, at); ok {
			out.identityFiles = append(out.identityFiles, path)
		}
	}
	for _, hop := range in.Jump {
		t, ok := parseHop(hop)
		if !ok {
			l.fail(at, fmt.Sprintf("%q is no jump host", hop), "Write it as [user@]host[:port].")
			continue
		}
		out.jump = append(out.jump, t)
	}
	return out
}
