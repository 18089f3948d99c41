package sshconfig

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/kevinburke/ssh_config"
)

// The bounds of what is read: a configuration that is larger is a mistake or an
// attack.
const (
	maxFileSize = 1 << 20
	maxFiles    = 1000
	maxDepth    = 16 // as READCONF_MAX_DEPTH of OpenSSH
)

// file is one parsed file.
type file struct {
	path   string
	blocks []block
}

// block is what stands from one Host or Match line to the next. The options
// before the first are a block that matches every host.
type block struct {
	hosts *ssh_config.Host
	// names are the patterns if none of them has a wildcard: comparing is a
	// hundred times faster than matching.
	names []string
	// match is set instead of hosts for a Match line.
	match   *match
	options []option
}

// option is one line within a block.
type option struct {
	words
	file string
	line int
	// include are the files of an Include line.
	include []*file
}

func (o option) place() string { return fmt.Sprintf("%s:%d", o.file, o.line) }

// reader reads a file and all that it includes.
type reader struct {
	home  string
	files int
}

// read parses a file. A file that is not there gives fs.ErrNotExist.
func (r *reader) read(path string, depth int) (*file, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("%s: more than %d files include each other; look for a loop of Include lines", path, maxDepth)
	}
	if r.files++; r.files > maxFiles {
		return nil, fmt.Errorf("%s: more than %d files; narrow the Include patterns", path, maxFiles)
	}
	text, err := readFile(path)
	if err != nil {
		return nil, err
	}
	return r.parse(path, text, depth)
}

func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a regular file", path)
	case info.Mode().Perm()&0o002 != 0:
		return nil, fmt.Errorf("%s can be written by anybody; run `chmod o-w %s` after looking through it", path, path)
	case info.Size() > maxFileSize:
		return nil, fmt.Errorf("%s is larger than %d KiB", path, maxFileSize>>10)
	}
	return os.ReadFile(path)
}

func (r *reader) parse(path string, text []byte, depth int) (*file, error) {
	plain, matches, err := rewrite(path, text)
	if err != nil {
		return nil, err
	}
	parsed, err := decodeBytes(plain)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	f := &file{path: path}
	for _, h := range parsed.Hosts {
		b := block{hosts: h, names: literals(h)}
		if len(h.Patterns) == 1 {
			b.match = matches[h.Patterns[0].String()]
		}
		for _, n := range h.Nodes {
			kv, ok := n.(*ssh_config.KV)
			if !ok {
				continue
			}
			o := option{words: words{key: strings.TrimPrefix(kv.Key, aside), args: decode(kv.Value)}, file: path, line: kv.Pos().Line}
			if o.key == "include" {
				if o.include, err = r.include(o, depth); err != nil {
					return nil, err
				}
			}
			b.options = append(b.options, o)
		}
		f.blocks = append(f.blocks, b)
	}
	return f, nil
}

// literals returns the patterns of a block, or nil if one is more than a name.
func literals(h *ssh_config.Host) (names []string) {
	for _, p := range h.Patterns {
		s := p.String()
		if strings.ContainsAny(s, "*?!") {
			return nil
		}
		names = append(names, s)
	}
	return names
}

// decodeBytes keeps a panic of the library from ending the program.
func decodeBytes(b []byte) (c *ssh_config.Config, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("cannot be read: %v", p)
		}
	}()
	return ssh_config.DecodeBytes(b)
}

// aside begins a keyword or host name that the library is to pass over. It
// cannot come out of a file, where control characters are refused.
const aside = "x\x01"

// rewrite turns a text into lines that the library reads as they are meant, one
// for one. A Match line becomes a Host line whose name is the key of matches.
func rewrite(path string, text []byte) (plain []byte, matches map[string]*match, err error) {
	matches = map[string]*match{}
	var out bytes.Buffer
	var problems []error
	number := 0
	for s := range strings.Lines(strings.TrimPrefix(string(text), "\ufeff")) {
		number++
		w, ok, err := splitLine(strings.TrimSuffix(s, "\n"))
		if err == nil && ok {
			err = emit(&out, w, matches, path, number)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("%s:%d: %w", path, number, err))
		}
		out.WriteByte('\n')
	}
	return out.Bytes(), matches, errors.Join(problems...)
}

func emit(out *bytes.Buffer, w words, matches map[string]*match, path string, line int) error {
	switch w.key {
	case "host":
		for _, p := range w.args {
			if strings.Trim(p, "!") == "" || strings.ContainsAny(p, "# \t\"'") {
				return fmt.Errorf("%q is no host pattern", p)
			}
		}
		fmt.Fprintf(out, "Host %s", strings.Join(w.args, " "))
	case "match":
		m, err := parseMatch(w.args)
		if err != nil {
			return err
		}
		m.file, m.line = path, line
		name := fmt.Sprintf("%s%d", aside, line)
		matches[name] = m
		fmt.Fprintf(out, "Host %s", name)
	default:
		fmt.Fprintf(out, "%s%s %s", aside, w.key, encode(w.args))
	}
	return nil
}

// include reads the files that an Include line names. Patterns that match
// nothing are no error; a relative path is taken from ~/.ssh, or from /etc/ssh
// in a file that lies there.
func (r *reader) include(o option, depth int) (files []*file, err error) {
	for _, pattern := range o.args {
		path, err := r.includePath(o.file, pattern)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", o.place(), err)
		}
		found, err := filepath.Glob(path)
		if err != nil {
			return nil, fmt.Errorf("%s: include %q: %w", o.place(), pattern, err)
		}
		for _, p := range found {
			f, err := r.read(p, depth+1)
			if err != nil {
				return nil, fmt.Errorf("%s: include: %w", o.place(), err)
			}
			files = append(files, f)
		}
	}
	return files, nil
}

func (r *reader) includePath(from, pattern string) (string, error) {
	const system = "/etc/ssh"
	switch {
	case filepath.IsAbs(pattern):
		return pattern, nil
	case strings.HasPrefix(pattern, "~/"):
		return filepath.Join(r.home, pattern[2:]), nil
	case strings.HasPrefix(pattern, "~"):
		return "", fmt.Errorf("%s: the home of another user is not looked up; write the path out", pattern)
	case strings.HasPrefix(filepath.Clean(from), system+"/"):
		return filepath.Join(system, pattern), nil
	default:
		return filepath.Join(r.home, ".ssh", pattern), nil
	}
}
