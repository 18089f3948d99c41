package source

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"patchwave/inventory"
)

const (
	// maxPatterns bounds the words of Host blocks with patterns, which are held
	// against every host.
	maxPatterns = 500
	// maxPattern bounds one such word in bytes.
	maxPattern = 1000
)

// sshBlock is one Host block.
type sshBlock struct {
	patterns []string
	settings []sshSetting
	wild     bool
	pos      inventory.Position
}

type sshSetting struct{ key, value string }

// sshFile is a client configuration being read.
type sshFile struct {
	r      *reader
	blocks []*sshBlock
	// current is nil inside a Match block.
	current *sshBlock
	wild    int
}

// sshConfig reads a client configuration (ssh_config(5)). Each word behind Host
// that is no pattern is a host; what Host blocks with patterns say counts for the
// hosts they match, first value first. Match blocks and included files are noted
// and not read. Read are HostName, User, Port, IdentityFile and ProxyJump.
func (r *reader) sshConfig() *Error {
	text, failed := r.text()
	if failed != nil {
		return failed
	}
	f := &sshFile{r: r}
	f.open([]string{"*"}, inventory.Position{File: r.path, Line: 1, Column: 1})
	line := 0
	for raw := range strings.SplitSeq(string(text), "\n") {
		line++
		if failed := f.line(strings.TrimSpace(raw), inventory.Position{File: r.path, Line: line, Column: 1}); failed != nil {
			return failed
		}
	}
	return f.hosts()
}

func (f *sshFile) open(patterns []string, pos inventory.Position) {
	f.current = &sshBlock{patterns: patterns, pos: pos}
	f.current.wild = slices.ContainsFunc(patterns, isPattern)
	if f.current.wild {
		f.wild += len(patterns)
	}
	f.blocks = append(f.blocks, f.current)
}

// isPattern reports a word behind Host that names no host.
func isPattern(s string) bool { return strings.ContainsAny(s, "*?") || strings.HasPrefix(s, "!") }

func (f *sshFile) line(line string, pos inventory.Position) *Error {
	if line == "" || line[0] == '#' {
		return nil
	}
	end := strings.IndexAny(line, " \t=")
	if end < 0 {
		f.r.note(pos, "%q was left out: it has no value", shorten(line))
		return nil
	}
	key := strings.ToLower(line[:end])
	value := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line[end:]), "="))
	words, err := splitWords(strings.ReplaceAll(value, `\`, `\\`), false)
	if err != nil || len(words) == 0 {
		return &Error{Pos: pos, Msg: fmt.Sprintf("the value of %s cannot be read", shorten(key))}
	}
	for i, w := range words {
		if strings.HasPrefix(w, "#") {
			words = words[:i] // a comment behind the value
			break
		}
	}
	switch key {
	case "host":
		f.open(words, pos)
		if f.wild > maxPatterns {
			return &Error{Pos: pos, Msg: fmt.Sprintf("there are more than %d words in Host blocks with patterns", maxPatterns)}
		}
	case "match":
		f.r.note(pos, "the Match block was left out: only Host blocks are read")
		f.current = nil
	case "include":
		f.r.note(pos, "the included files were not read: import them one by one")
	default:
		if f.current != nil && len(words) > 0 {
			f.current.settings = append(f.current.settings, sshSetting{key, strings.Join(words, " ")})
		}
	}
	return nil
}

// hosts resolves every host that is named.
func (f *sshFile) hosts() *Error {
	named := map[string][]int{}
	var wild []int
	var order []Host
	for i, b := range f.blocks {
		if b.wild {
			wild = append(wild, i)
		}
		for _, p := range b.patterns {
			if isPattern(p) {
				continue
			}
			if len(named[p]) == 0 {
				order = append(order, Host{Name: p, Pos: b.pos})
			}
			if list := named[p]; !b.wild && (len(list) == 0 || list[len(list)-1] != i) {
				named[p] = append(list, i)
			} else if b.wild && len(list) == 0 {
				named[p] = []int{-1}
			}
		}
	}
	if len(order) > MaxHosts {
		return &Error{Pos: inventory.Position{File: f.r.path}, Msg: fmt.Sprintf("there are more than %d hosts", MaxHosts)}
	}
	for _, h := range order {
		blocks := slices.Concat(named[h.Name], wild)
		slices.Sort(blocks)
		f.resolve(&h, blocks)
		f.r.hosts = append(f.r.hosts, h)
	}
	return nil
}

// resolve gives a host what the blocks say, which are in order of the file.
func (f *sshFile) resolve(h *Host, blocks []int) {
	seen := map[string]bool{}
	for _, i := range blocks {
		if i < 0 || (f.blocks[i].wild && !matchHost(f.blocks[i].patterns, h.Name)) {
			continue
		}
		for _, s := range f.blocks[i].settings {
			if seen[s.key] && s.key != "identityfile" {
				continue
			}
			seen[s.key] = true
			f.set(h, s)
		}
	}
}

func (f *sshFile) set(h *Host, s sshSetting) {
	switch s.key {
	case "hostname":
		h.Address = strings.NewReplacer("%h", h.Name, "%%", "%").Replace(s.value)
	case "user":
		h.User = s.value
	case "port":
		n, err := strconv.Atoi(s.value)
		if err != nil {
			n = -1
		}
		f.r.setPort(h, n)
	case "identityfile":
		if strings.EqualFold(s.value, "none") {
			return
		}
		if len(h.IdentityFiles) < 16 {
			h.IdentityFiles = append(h.IdentityFiles, s.value)
		}
	case "proxyjump":
		h.Jump = splitJump(s.value)
	case "proxycommand":
		if hop, ok := proxyHop(s.value); ok && len(h.Jump) == 0 {
			h.Jump = []string{hop}
		} else if !ok && !strings.EqualFold(s.value, "none") {
			f.r.noteOnce(h.Pos, "a ProxyCommand was left out: patchwave runs none; name the jump host in jump")
		}
	case "stricthostkeychecking":
		if strings.EqualFold(s.value, "no") || strings.EqualFold(s.value, "off") {
			f.r.noteOnce(h.Pos, "host keys were not checked and will be: collect them in known_hosts first, or set host_keys = \"accept-new\"")
		}
	case "certificatefile", "hostkeyalias", "userknownhostsfile":
		f.r.noteOnce(h.Pos, "%s was left out; ssh_config = true in the connection has patchwave read it where it is", s.key)
	}
}

// matchHost reports whether the patterns behind Host mean a name: one matches, and
// none with a ! does.
func matchHost(patterns []string, name string) bool {
	matched := false
	for _, p := range patterns {
		pattern, not := strings.CutPrefix(p, "!")
		if !wildcard(pattern, name) {
			continue
		}
		if not {
			return false
		}
		matched = true
	}
	return matched
}

// wildcard matches * and ? of ssh_config; nothing else is special. A name that is
// too long for patchwave matches nothing.
func wildcard(pattern, name string) bool {
	if len(pattern) > maxPattern || len(name) > maxPattern {
		return false
	}
	return inventory.MatchGlob(strings.ReplaceAll(pattern, "[", "[[]"), name)
}
