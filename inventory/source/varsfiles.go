package source

import (
	"maps"
	"path"
	"slices"
	"strings"

	"patchwave/inventory"
)

// varsDir is group_vars or host_vars.
type varsDir struct {
	r *reader
	// entries are the files by the name beside the inventory: that of a file, or
	// that of a directory with everything below it. Paths are relative to the entry.
	entries map[string][]varsFile
	used    map[string]bool
}

type varsFile struct {
	// segments are the path below the entry; empty if the entry is a file.
	segments []string
	path     string
}

func (r *reader) varsDir(dir string) *varsDir {
	d := &varsDir{r: r, entries: map[string][]varsFile{}, used: map[string]bool{}}
	for name := range r.files {
		rel, ok := below(dir, name)
		if !ok {
			continue
		}
		segments := strings.Split(rel, "/")
		d.entries[segments[0]] = append(d.entries[segments[0]], varsFile{segments[1:], name})
	}
	for _, list := range d.entries {
		slices.SortFunc(list, func(a, b varsFile) int { return slices.Compare(a.segments, b.segments) })
	}
	return d
}

// below returns the path of a file relative to a directory it lies in.
func below(dir, name string) (string, bool) {
	if dir == "." {
		return name, !strings.HasPrefix(name, "/") && !strings.HasPrefix(name, "../")
	}
	return strings.CutPrefix(name, strings.TrimSuffix(dir, "/")+"/")
}

// varsSuffixes are tried in this order; the first that is there is all.
var varsSuffixes = [...]string{"", ".yml", ".yaml", ".json"}

// vars are the variables of a host or a group: those of one file, or of every file
// of a directory, in order of name, later ones winning.
func (d *varsDir) vars(name string) (map[string]any, *Error) {
	for _, suffix := range varsSuffixes {
		list, ok := d.entries[name+suffix]
		if !ok {
			continue
		}
		d.used[name+suffix] = true
		var out map[string]any
		for _, f := range list {
			if !isVarsFile(f.segments) {
				continue
			}
			vars, err := d.r.varsFile(f.path)
			if err != nil {
				return nil, err
			}
			if out == nil {
				out = vars
				continue
			}
			maps.Copy(out, vars)
		}
		return out, nil
	}
	return nil, nil
}

// isVarsFile says which files of a directory are read: no hidden ones, no copies
// that an editor left, no other suffixes; directories have none.
func isVarsFile(segments []string) bool {
	for i, s := range segments {
		if strings.HasPrefix(s, ".") || strings.HasSuffix(s, "~") {
			return false
		}
		suffix := path.Ext(s)
		if i < len(segments)-1 && suffix != "" {
			return false
		}
		if !slices.Contains(varsSuffixes[:], suffix) {
			return false
		}
	}
	return true
}

// unused notes files of hosts and groups that are not in the inventory.
func (d *varsDir) unused(what string) {
	for name, list := range d.entries {
		base := strings.TrimSuffix(name, path.Ext(name))
		if d.used[name] || d.used[base] || strings.HasPrefix(name, ".") {
			continue
		}
		d.r.note(inventory.Position{File: list[0].path}, "these variables were not used: the inventory has no %s %q", what, shorten(base))
	}
}

// varsFile reads one file of variables.
func (r *reader) varsFile(name string) (map[string]any, *Error) {
	text := stripMark(r.files[name])
	if isVault(text) {
		r.note(inventory.Position{File: name, Line: 1}, "the file is encrypted by ansible-vault and was not read: its variables are missing")
		return map[string]any{}, nil
	}
	v, err := r.document(name, text)
	if err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case nil:
		return map[string]any{}, nil
	case map[string]any:
		return v, nil
	default:
		return nil, &Error{Pos: inventory.Position{File: name, Line: 1}, Msg: "the file must be a mapping of variables to values"}
	}
}

// vaultHeader begins what ansible-vault encrypted.
const vaultHeader = "$ANSIBLE_VAULT;"

func isVault(text []byte) bool {
	return strings.HasPrefix(string(text[:min(len(text), len(vaultHeader))]), vaultHeader)
}
