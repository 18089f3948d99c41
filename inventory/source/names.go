package source

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"unicode"
)

// namePattern is what hosts and groups may be called in patchwave.
var namePattern = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,255}$`)

// addressPattern is what a DNS name consists of.
var addressPattern = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}$`)

// labelPattern is what a label may be called.
var labelPattern = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_./-]{0,254}$`)

// userPattern keeps what could be read as an option or run two words together out
// of user names.
var userPattern = regexp.MustCompile(`^[^-\s\x00-\x1f\x7f][^\s\x00-\x1f\x7f]{0,255}$`)

func isAddress(s string) bool {
	if addr, err := netip.ParseAddr(s); err == nil {
		return !strings.ContainsFunc(addr.Zone(), func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) })
	}
	return addressPattern.MatchString(s)
}

// shorten keeps a text of the source that a note quotes at a readable length.
func shorten(s string) string {
	const most = 60
	if r := []rune(s[:min(len(s), 4*most+4)]); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// checkNames takes out what has no place in patchwave: names that are none, names
// that are there twice, addresses that nobody can dial. Each is noted.
func (r *reader) checkNames() {
	r.checkGroups()
	r.checkHosts()
	known := make(map[string]bool, len(r.groups))
	for _, g := range r.groups {
		known[g.Name] = true
	}
	for i := range r.groups {
		r.groups[i].Children = keep(r.groups[i].Children, known)
	}
	for i := range r.hosts {
		r.hosts[i].Groups = keep(r.hosts[i].Groups, known)
	}
}

// keep returns the names that are known; most often that is all of them.
func keep(names []string, known map[string]bool) []string {
	for i, n := range names {
		if known[n] {
			continue
		}
		out := append([]string(nil), names[:i]...)
		for _, n := range names[i+1:] {
			if known[n] {
				out = append(out, n)
			}
		}
		return out
	}
	return names
}

// badName says why a name cannot be used, or "". seen has the names so far in
// lower case.
func badName(name string, seen map[string]string) string {
	if !namePattern.MatchString(name) {
		return "a name is letters, digits, dashes, underscores and dots, 255 at most"
	}
	folded := strings.ToLower(name)
	if other, ok := seen[folded]; ok {
		if other == name {
			return "it is there twice"
		}
		return fmt.Sprintf("it differs from %q only in case", other)
	}
	seen[folded] = name
	return ""
}

func (r *reader) checkGroups() {
	seen := make(map[string]string, len(r.groups))
	out := r.groups[:0]
	for _, g := range r.groups {
		if why := badName(g.Name, seen); why != "" {
			r.lose(g.Pos, "group %q was left out: %s; rename it", shorten(g.Name), why)
			continue
		}
		out = append(out, g)
	}
	r.groups = out
}

func (r *reader) checkHosts() {
	seen := make(map[string]string, len(r.hosts))
	out := r.hosts[:0]
	for _, h := range r.hosts {
		if why := badName(h.Name, seen); why != "" {
			hint := "; rename it"
			if isAddress(h.Name) && strings.Contains(h.Name, ":") {
				hint = "; give it a name, and the address as its address"
			}
			r.lose(h.Pos, "host %q was left out: %s%s", shorten(h.Name), why, hint)
			continue
		}
		if h.Address == "" {
			h.Address = h.Name
		}
		if !isAddress(h.Address) {
			r.lose(h.Pos, "host %q was left out: its address %q is neither a DNS name nor an IP address", h.Name, shorten(h.Address))
			continue
		}
		if h.User != "" && !userPattern.MatchString(h.User) {
			r.note(h.Pos, "host %q: user %q was left out: it is no user name", h.Name, shorten(h.User))
			h.User = ""
		}
		out = append(out, h)
	}
	r.hosts = out
}
