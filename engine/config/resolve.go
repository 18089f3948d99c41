package config

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"patchwave/connectors"
	"patchwave/engine/config/diag"
	"patchwave/inventory"
	"patchwave/policies"

	"github.com/hashicorp/hcl/v2"
)

// Resolve applies facts, by host name, and returns everything that was declared
// as plain values: hosts with their groups, labels, connection and policies, and
// policies with their hosts. Facts may be nil. The diagnostics are those that
// Load could not know: warnings only, because errors never depend on facts.
//
// A Config that was loaded with errors gives an empty inventory and one error.
func (c *Config) Resolve(facts map[string]inventory.Facts) (*inventory.Inventory, []*policies.Policy, Diagnostics) {
	if c.model.broken {
		return &inventory.Inventory{}, nil, Diagnostics{{Severity: diag.Error,
			Summary: "the configuration has errors", Detail: "Run `patchwave validate` to see them."}}
	}
	r := newResolver(c.model, facts)
	inv, pols := r.resolve()
	if facts != nil && slices.ContainsFunc(c.model.policies.order, (*policy).byFacts) {
		r.times(inv, pols, c.opt.Now)
	}
	fresh := slices.DeleteFunc(r.diags, func(d Diagnostic) bool { return c.seen[fingerprint(d)] || d.Severity == diag.Error })
	for i := range fresh {
		fresh[i].Snippet = diag.Snippet{}
	}
	fresh.Sort()
	return inv, pols, fresh
}

// ErrNotLoaded is returned by functions that need a configuration without errors.
var ErrNotLoaded = errors.New("the configuration has errors; run `patchwave validate` to see them")

// resolver makes plain values of a model and of facts.
type resolver struct {
	m       *model
	facts   map[string]inventory.Facts
	members *members
	diags   Diagnostics
}

func newResolver(m *model, facts map[string]inventory.Facts) *resolver {
	return &resolver{m: m, facts: facts, members: newMembers(m, facts)}
}

func (r *resolver) report(severity diag.Severity, at hcl.Range, summary, detail string, related ...hcl.Range) {
	r.diags = append(r.diags, diagnostic(severity, at, summary, detail, related...))
}

// resolve returns hosts and policies, both sorted by name.
func (r *resolver) resolve() (*inventory.Inventory, []*policies.Policy) {
	hosts := make([]*inventory.Host, len(r.m.hosts.order))
	for i, h := range r.m.hosts.order {
		hosts[i] = r.host(h)
	}
	inv := &inventory.Inventory{Groups: r.groups(hosts), Sites: r.sites()}
	r.inherit(hosts)
	pols := r.policies(hosts)
	inv.Hosts = slices.Clone(hosts)
	slices.SortFunc(inv.Hosts, func(a, b *inventory.Host) int { return cmp.Compare(a.Name, b.Name) })
	return inv, pols
}

func (r *resolver) host(h *host) *inventory.Host {
	out := &inventory.Host{
		Name: h.name, Address: h.address, Labels: maps.Clone(h.labels), Timezone: h.timezone,
		Vars: h.vars, Pos: position(h.at), Groups: []string{}, Policies: []string{},
		MAC: h.mac, Hypervisor: h.hypervisor, Source: h.source,
	}
	if h.site != nil {
		out.Site = h.site.value.Name
	}
	if out.Labels == nil {
		out.Labels = inventory.Labels{}
	}
	for _, other := range h.depends {
		out.DependsOn = append(out.DependsOn, other.name)
	}
	if h.inForce != nil {
		out.Connection = h.inForce.name
		out.Target = r.target(h)
		out.Target.Jump = r.jump(h, out.Target)
	}
	return out
}

// target is how to dial a host, without the way to it.
func (r *resolver) target(h *host) connectors.Target {
	t := h.inForce.target
	t.Name, t.Address = h.name, h.address
	t.Keys.Files = r.m.settings.KnownHosts
	if in := h.login; in != nil {
		t.User, t.Port = cmp.Or(in.user, t.User), cmp.Or(in.port, t.Port)
		if len(in.identityFiles) > 0 && t.Kind == connectors.KindSSH {
			t.Auth.IdentityFiles = in.identityFiles
		}
	}
	return t
}

// jump is the chain to a host: that of its connection, else that of its source,
// entered as the host itself is.
func (r *resolver) jump(h *host, own connectors.Target) []connectors.Target {
	var out []connectors.Target
	for _, hop := range chainOf(h) {
		out = append(out, r.target(hop))
	}
	if len(out) > 0 || h.login == nil || own.Kind != connectors.KindSSH {
		return out
	}
	for _, hop := range h.login.jump {
		t := own
		t.Name, t.Address, t.Port, t.Jump = hop.Name, hop.Address, hop.Port, nil
		t.User, t.Keys.Pinned, t.Become = cmp.Or(hop.User, own.User), "", connectors.Become{Method: connectors.BecomeNone}
		out = append(out, t)
	}
	return out
}

// sortedGroups are the groups by name.
func (r *resolver) sortedGroups() []*group {
	out := slices.Clone(r.m.groups.order)
	slices.SortFunc(out, func(a, b *group) int { return cmp.Compare(a.name, b.name) })
	return out
}

func (r *resolver) groups(hosts []*inventory.Host) []*inventory.Group {
	var out []*inventory.Group
	for _, g := range r.sortedGroups() {
		ig := &inventory.Group{Name: g.name, Members: []string{}, Labels: maps.Clone(g.labels), Pos: position(g.at)}
		if ig.Labels == nil {
			ig.Labels = inventory.Labels{}
		}
		for _, i := range r.members.of(g) {
			ig.Members = append(ig.Members, hosts[i].Name)
			hosts[i].Groups = append(hosts[i].Groups, g.name)
		}
		slices.Sort(ig.Members)
		out = append(out, ig)
	}
	return out
}

// inherit hands the labels of groups to their members. The host's own value wins;
// groups that contradict each other are reported, once for each pair and label.
func (r *resolver) inherit(hosts []*inventory.Host) {
	type origin struct {
		host  int
		label string
	}
	from := map[origin]*group{}
	disputed := map[string]bool{}
	for _, g := range r.sortedGroups() {
		if len(g.labels) == 0 {
			continue
		}
		for _, i := range r.members.of(g) {
			for label, value := range g.labels {
				if _, own := r.m.hosts.order[i].labels[label]; own {
					continue
				}
				first, taken := from[origin{i, label}]
				if !taken {
					from[origin{i, label}] = g
					hosts[i].Labels[label] = value
					continue
				}
				key := strings.Join([]string{first.name, g.name, label}, "\x00")
				if first.labels[label] != value && !disputed[key] {
					disputed[key] = true
					r.disputedLabel(hosts[i].Name, label, first, g)
				}
			}
		}
	}
}

func (r *resolver) disputedLabel(host, label string, a, b *group) {
	severity := diag.Error
	if a.facts != nil || b.facts != nil {
		severity = diag.Warning
	}
	if before(b.labelsAt, a.labelsAt) {
		a, b = b, a
	}
	r.report(severity, b.labelsAt, fmt.Sprintf("groups contradict each other about label %q of host %q", label, host),
		fmt.Sprintf("%s says %q, %s says %q. Give the host its own value, or take it out of one of them.",
			groupName(a), a.labels[label], groupName(b), b.labels[label]), a.labelsAt)
}

func (r *resolver) policies(hosts []*inventory.Host) []*policies.Policy {
	sorted := slices.Clone(r.m.policies.order)
	slices.SortFunc(sorted, func(a, b *policy) int { return cmp.Compare(a.name, b.name) })
	var out []*policies.Policy
	for _, p := range sorted {
		value := p.value
		value.Hosts = []string{}
		for _, i := range r.claimed(p) {
			value.Hosts = append(value.Hosts, hosts[i].Name)
			hosts[i].Policies = append(hosts[i].Policies, p.name)
		}
		slices.Sort(value.Hosts)
		r.checkWaves(p, len(value.Hosts))
		out = append(out, &value)
	}
	return out
}

// claimed are the hosts of a policy.
func (r *resolver) claimed(p *policy) []int { return r.members.union(p.hosts, p.groups) }

// byFacts reports whether facts decide about the hosts of a policy.
func (p *policy) byFacts() bool {
	return slices.ContainsFunc(p.groups, func(g *group) bool { return g.facts != nil })
}

// checkWaves reports waves that leave hosts over.
func (r *resolver) checkWaves(p *policy, hosts int) {
	left := p.value.Rollout.LeftOver(hosts)
	if left == 0 || (p.byFacts() && r.facts == nil) {
		return
	}
	severity := diag.Error
	if p.byFacts() {
		severity = diag.Warning
	}
	r.report(severity, p.rolloutAt, fmt.Sprintf("the waves of policy %q leave hosts over", p.name),
		fmt.Sprintf("%d of %d hosts are in no wave. End with a wave that has neither count nor percent.", left, hosts))
}

// UnmanagedHosts returns the hosts of an inventory that no policy claims, sorted
// by name.
func UnmanagedHosts(inv *inventory.Inventory) []Unmanaged {
	out := []Unmanaged{}
	for _, h := range inv.Hosts {
		if len(h.Policies) == 0 {
			out = append(out, Unmanaged{Name: h.Name, Pos: h.Pos})
		}
	}
	return out
}
