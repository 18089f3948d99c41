package source

import (
	"slices"
	"strings"
	"unicode"

	"patchwave/inventory"
)

// What csv, json and terraform have in common.

func (r *reader) setConnection(h *Host, kind string) {
	switch kind {
	case "ssh", "winrm", "local", "":
		h.Connection = kind
	default:
		r.note(h.Pos, "connection %q was left out: it is ssh, winrm or local", shorten(kind))
	}
}

func (r *reader) setPort(h *Host, n int) {
	if n < 1 || n > 65535 {
		r.note(h.Pos, "a port was left out: it is a number from 1 to 65535")
		return
	}
	h.Port = n
}

func (r *reader) setLabel(h *Host, name, value string) {
	switch {
	case !labelPattern.MatchString(name):
		r.noteOnce(h.Pos, "label %q was left out: its name is letters, digits, dots, dashes, underscores and slashes", shorten(name))
	case isSecret(name, value):
		h.Secrets = append(h.Secrets, name)
	case strings.ContainsFunc(value, unicode.IsControl):
		r.noteOnce(h.Pos, "label %q was left out: it has a control character in it", name)
	default:
		if h.Labels == nil {
			h.Labels = map[string]string{}
		}
		h.Labels[name] = value
	}
}

// setVars adds variables, without secrets.
func (r *reader) setVars(h *Host, vars map[string]any) {
	own, secrets := divide(vars, nil)
	for k, v := range own {
		if h.Vars == nil {
			h.Vars = map[string]any{}
		}
		h.Vars[k] = v
	}
	h.Secrets = append(h.Secrets, secrets...)
	slices.Sort(h.Secrets)
	for k := range vars {
		if strings.HasPrefix(k, "ansible_") && !slices.Contains(secrets, k) {
			r.noteOnce(h.Pos, "%s was left out: it has no meaning in patchwave", shorten(k))
		}
	}
}

// declareGroups adds groups that are named by a host for the first time.
func (r *reader) declareGroups(names []string, seen map[string]bool, pos inventory.Position) {
	for _, name := range names {
		if !seen[name] {
			seen[name] = true
			r.groups = append(r.groups, Group{Name: name, Pos: pos})
		}
	}
}

func unique(names []string) []string {
	if len(names) < 2 {
		return names
	}
	seen := make(map[string]bool, len(names))
	return slices.DeleteFunc(names, func(n string) bool {
		dup := seen[n]
		seen[n] = true
		return dup
	})
}
