package sim

import (
	"fmt"
	"slices"
	"strings"
)

func (o Offer) shown() string { return shown(o.Name, o.Arch) }

func (o Offer) size() int64 { return or(o.Size, 200_000+int64(len(o.Name))*1000) }

func (o Offer) from() []Origin {
	if len(o.From) == 0 {
		return []Origin{Main()}
	}
	return o.From
}

// offers are the versions of a package in the index, the newest first.
func (h *Host) offers(shown string) []Offer {
	if !h.indexed {
		return nil
	}
	var list []Offer
	for _, o := range h.index {
		if o.shown() == shown {
			list = append(list, o)
		}
	}
	slices.SortStableFunc(list, func(a, b Offer) int { return compareVersions(b.Version, a.Version) })
	return list
}

// pending is one upgradable package.
type pending struct {
	installed *installed
	offer     Offer
	// back: a plain upgrade leaves it alone.
	back bool
}

// pending are the upgradable packages, sorted by name.
func (h *Host) pending() []pending {
	var list []pending
	for _, name := range h.names() {
		p := h.packages[name]
		offers := h.offers(name)
		if len(offers) == 0 || compareVersions(offers[0].Version, p.version) <= 0 {
			continue
		}
		list = append(list, pending{installed: p, offer: offers[0], back: h.back(name, nil)})
	}
	return list
}

// back reports whether a plain upgrade keeps a package back: it installs and
// removes nothing. path are the packages that wait for the answer.
func (h *Host) back(name string, path []string) bool {
	p, offers := h.packages[name], h.offers(name)
	if p == nil || len(offers) == 0 {
		return true
	}
	o := offers[0]
	if p.held || o.Phased > 0 {
		return true
	}
	for _, gone := range o.Removes {
		if h.packages[gone] != nil {
			return true
		}
	}
	for _, need := range o.Needs {
		dep, least, _ := strings.Cut(need, "=")
		have := h.packages[dep]
		switch {
		case have == nil:
			return true
		case least == "" || compareVersions(have.version, least) >= 0 || slices.Contains(path, dep):
		case h.back(dep, append(path, name)) || compareVersions(h.offers(dep)[0].Version, least) < 0:
			return true
		}
	}
	return false
}

// step is one row of a solution.
type step struct {
	name, arch, from, to string
	// offer is empty for a removal, and for what is installed from a kept file.
	offer Offer
}

func (s step) shown() string { return shown(s.name, s.arch) }

// solution is what apt would do.
type solution struct {
	install, remove []step
	// refused is apt's complaint, or "".
	refused string
}

// want is an argument of apt-get install: a version, a removal, or the file of a
// version that was kept.
type want struct {
	name, arch, version string
	remove, file        bool
}

// solve is `apt-get install` of some versions.
func (h *Host) solve(wants []want) solution {
	var s solution
	for i := 0; i < len(wants); i++ {
		if refused := s.add(h, &wants, wants[i]); refused != "" {
			return solution{refused: "E: " + refused}
		}
	}
	if len(s.install) > 0 && h.faults.DiskFull {
		return s // apt looks for room only when it fetches
	}
	return s
}

func (s *solution) add(h *Host, wants *[]want, w want) (refused string) {
	name := shown(w.name, w.arch)
	have := h.packages[name]
	if w.remove {
		if have != nil {
			s.drop(have)
		}
		return ""
	}
	if have != nil && have.version == w.version && have.state == "ok" || slices.ContainsFunc(s.install, func(t step) bool { return t.shown() == name && t.to == w.version }) {
		return ""
	}
	o, refused := h.find(w)
	if refused != "" {
		return refused
	}
	t := step{name: w.name, arch: or(w.arch, native), to: w.version, offer: o}
	if o.Name != "" {
		t.arch = or(o.Arch, native)
	}
	if have != nil {
		if have.held {
			return "Held packages were changed and -y was used without --allow-change-held-packages."
		}
		t.from = have.version
	}
	s.install = append(s.install, t)
	for _, gone := range o.Removes {
		if p := h.packages[gone]; p != nil {
			s.drop(p)
		}
	}
	for _, need := range o.Needs {
		if w, refused := h.need(*wants, need); refused != "" {
			return refused
		} else if w.name != "" {
			*wants = append(*wants, w)
		}
	}
	return ""
}

func (s *solution) drop(p *installed) {
	t := step{name: p.name, arch: p.arch, from: p.version}
	if !slices.ContainsFunc(s.remove, func(r step) bool { return r.shown() == t.shown() }) {
		s.remove = append(s.remove, t)
	}
}

// find is the version in the index; none for a file.
func (h *Host) find(w want) (Offer, string) {
	name := shown(w.name, w.arch)
	offers := h.offers(name)
	for _, o := range offers {
		if o.Version == w.version {
			return o, ""
		}
	}
	have := h.packages[name]
	switch {
	case w.file:
		return Offer{}, ""
	case have != nil && have.version == w.version, h.has(name, w.version):
		return Offer{Name: w.name, Arch: w.arch, Version: w.version}, ""
	case have == nil && len(offers) == 0:
		return Offer{}, "Unable to locate package " + name
	default:
		return Offer{}, fmt.Sprintf("Version '%s' for '%s' was not found", w.version, name)
	}
}

// has reports whether a version is in the index, as an offer or as what the
// machine had at first.
func (h *Host) has(name, version string) bool {
	if slices.ContainsFunc(h.offers(name), func(o Offer) bool { return o.Version == version }) {
		return true
	}
	return h.indexed && h.first[name] == version && !h.gone[name]
}

// need is what a dependency adds to the wanted packages; no name if nothing.
func (h *Host) need(wants []want, need string) (want, string) {
	dep, least, _ := strings.Cut(need, "=")
	if slices.ContainsFunc(wants, func(w want) bool { return shown(w.name, w.arch) == dep && !w.remove }) {
		return want{}, ""
	}
	if p := h.packages[dep]; p != nil && (least == "" || compareVersions(p.version, least) >= 0) {
		return want{}, ""
	}
	offers := h.offers(dep)
	if len(offers) == 0 || least != "" && compareVersions(offers[0].Version, least) < 0 {
		return want{}, "Unable to correct problems, you have held broken packages."
	}
	return want{name: offers[0].Name, arch: offers[0].Arch, version: offers[0].Version}, ""
}
