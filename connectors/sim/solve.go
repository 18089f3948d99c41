package sim

import (
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
	slices.SortStableFunc(list, func(a, b Offer) int { return h.family.compare(b.Version, a.Version) })
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
		if len(offers) == 0 || h.family.compare(offers[0].Version, p.version) <= 0 {
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
		case least == "" || h.family.compare(have.version, least) >= 0 || slices.Contains(path, dep):
		case h.back(dep, append(path, name)) || h.family.compare(h.offers(dep)[0].Version, least) < 0:
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

// solution is what the package manager would do.
type solution struct {
	install, remove []step
	// refused is why there is none, or nil.
	refused *refusal
}

// refusal says why a solver finds no solution.
type refusal struct {
	why           why
	name, version string
	arch          string
}

// why is the reason of a refusal.
type why int

const (
	// unknownPackage and unknownVersion are not in the index.
	unknownPackage why = iota
	unknownVersion
	// heldPackage would have to be changed.
	heldPackage
	// unmet is a dependency that cannot be had.
	unmet
)

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
		if refused := s.add(h, &wants, wants[i]); refused != nil {
			return solution{refused: refused}
		}
	}
	return s
}

func (s *solution) add(h *Host, wants *[]want, w want) *refusal {
	name := shown(w.name, w.arch)
	have := h.packages[name]
	if w.remove {
		if have != nil {
			s.drop(have)
		}
		return nil
	}
	if have != nil && have.version == w.version && have.state == "ok" || slices.ContainsFunc(s.install, func(t step) bool { return t.shown() == name && t.to == w.version }) {
		return nil
	}
	o, refused := h.find(w)
	if refused != nil {
		return refused
	}
	t := step{name: w.name, arch: or(w.arch, h.family.arch()), to: w.version, offer: o}
	if o.Name != "" {
		t.arch = or(o.Arch, h.family.arch())
	}
	if have != nil {
		if have.held {
			return &refusal{why: heldPackage, name: w.name, version: w.version, arch: t.arch}
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
		more, refused := h.need(*wants, need)
		if refused != nil {
			return refused
		}
		if more.name != "" {
			*wants = append(*wants, more)
		}
	}
	return nil
}

func (s *solution) drop(p *installed) {
	t := step{name: p.name, arch: p.arch, from: p.version}
	if !slices.ContainsFunc(s.remove, func(r step) bool { return r.shown() == t.shown() }) {
		s.remove = append(s.remove, t)
	}
}

// find is the version in the index; none for a file.
func (h *Host) find(w want) (Offer, *refusal) {
	name := shown(w.name, w.arch)
	offers := h.offers(name)
	for _, o := range offers {
		if o.Version == w.version {
			return o, nil
		}
	}
	have := h.packages[name]
	refused := &refusal{why: unknownVersion, name: w.name, version: w.version, arch: or(w.arch, h.family.arch())}
	switch {
	case w.file:
		return Offer{}, nil
	case have != nil && have.version == w.version, h.has(name, w.version):
		return Offer{Name: w.name, Arch: w.arch, Version: w.version}, nil
	case have == nil && len(offers) == 0:
		refused.why = unknownPackage
	}
	return Offer{}, refused
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
func (h *Host) need(wants []want, need string) (want, *refusal) {
	dep, least, _ := strings.Cut(need, "=")
	if slices.ContainsFunc(wants, func(w want) bool { return shown(w.name, w.arch) == dep && !w.remove }) || h.meets(dep, least) {
		return want{}, nil
	}
	offers := h.offers(dep)
	if len(offers) == 0 || least != "" && h.family.compare(offers[0].Version, least) < 0 {
		return want{}, &refusal{why: unmet, name: dep, version: least}
	}
	return want{name: offers[0].Name, arch: offers[0].Arch, version: offers[0].Version}, nil
}

// meets reports whether a package is installed in a version or a later one.
func (h *Host) meets(name, least string) bool {
	p := h.packages[name]
	return p != nil && (least == "" || h.family.compare(p.version, least) >= 0)
}

// kinds sorts what is installed into new packages, upgrades and downgrades.
func (s solution) kinds(compare func(a, b string) int) (fresh, up, down []step) {
	for _, t := range s.install {
		switch {
		case t.from == "":
			fresh = append(fresh, t)
		case compare(t.to, t.from) < 0:
			down = append(down, t)
		default:
			up = append(up, t)
		}
	}
	return fresh, up, down
}
