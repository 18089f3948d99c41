package config

import (
	"cmp"
	"slices"

	"patchwave/inventory"
	"patchwave/policies"
	"patchwave/policies/calendar"
)

// Declared is what a configuration declares besides hosts and policies, each list
// sorted by name.
type Declared struct {
	Availabilities []*policies.Availability
	Calendars      []*calendar.Calendar
	Windows        []*policies.Window
	Notifies       []*policies.Notify
	Waivers        []*policies.Waiver
	Standards      []*policies.Standard
	Providers      []*policies.Provider
}

// Declared applies facts as Resolve does. A Config that was loaded with errors
// gives nothing.
func (c *Config) Declared(facts map[string]inventory.Facts) Declared {
	if c.model.broken {
		return Declared{}
	}
	r := newResolver(c.model, facts)
	out := Declared{
		Notifies:  sorted(c.model.notifies.order, func(n *policies.Notify) string { return n.Name }),
		Standards: sorted(c.model.standards.order, func(s *policies.Standard) string { return s.Name }),
	}
	for _, a := range sorted(c.model.availabilities.order, func(a *availability) string { return a.value.Name }) {
		value := a.value
		value.Hosts = r.names(r.members.union(a.hosts, a.groups))
		out.Availabilities = append(out.Availabilities, &value)
	}
	for _, w := range sorted(c.model.waivers.order, func(w *waiver) string { return w.value.Name }) {
		value := w.value
		value.Hosts = r.names(r.members.union(w.hosts, w.groups))
		out.Waivers = append(out.Waivers, &value)
	}
	for _, b := range sorted(c.model.calendars.order, func(b *calendarBlock) string { return b.value.Name }) {
		out.Calendars = append(out.Calendars, b.value)
	}
	for _, w := range sorted(c.model.windows.order, func(w *window) string { return w.value.Name }) {
		out.Windows = append(out.Windows, w.value)
	}
	for _, p := range sorted(c.model.providers.order, func(p *provider) string { return p.value.Name }) {
		out.Providers = append(out.Providers, p.value)
	}
	return out
}

// sorted returns the elements in order of name.
func sorted[T any](items []T, name func(T) string) []T {
	out := slices.Clone(items)
	slices.SortFunc(out, func(a, b T) int { return cmp.Compare(name(a), name(b)) })
	return out
}

// names are the names of hosts, sorted; never nil.
func (r *resolver) names(indexes []int) []string {
	out := make([]string, len(indexes))
	for i, index := range indexes {
		out[i] = r.m.hosts.order[index].name
	}
	slices.Sort(out)
	return out
}

// sites are those that are declared, by name.
func (r *resolver) sites() []*inventory.Site {
	var out []*inventory.Site
	for _, s := range sorted(r.m.sites.order, func(s *site) string { return s.value.Name }) {
		out = append(out, s.value)
	}
	return out
}
