package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"patchwave/inventory"
	"patchwave/inventory/source"

	"github.com/hashicorp/hcl/v2"
)

// ErrNoOutput is returned by Options.SourceOutput for a command that has not run
// yet.
var ErrNoOutput = errors.New("it has not run yet")

// Source is a declared source, as it was read.
type Source struct {
	Name string
	// Kind is the type of the source block.
	Kind string
	// Path is what was read, "" for a command.
	Path string
	// Command is the program and its arguments, nil for a file.
	Command []string
	// Read is when a command printed what was used; zero for a file, and for a
	// command whose output is not known.
	Read time.Time
	// Hosts is how many hosts it has.
	Hosts int
	Pos   inventory.Position
}

// SourceCommand is the program of a source.
type SourceCommand struct {
	// Name is that of the source.
	Name string
	// Command is the program and its arguments; a relative path of the program is
	// meant from Dir.
	Command []string
	// Dir is the absolute path of the configuration directory.
	Dir string
	// Database is that of the configuration, "" if it names none.
	Database string
}

// sourceBlock is an inventory that another program keeps.
type sourceBlock struct {
	at    hcl.Range
	value Source
}

func sourceShape() shape { return shape{optional: []string{"path", "connection", "command"}} }

// defaultSSHConfig is read by a source of type ssh_config that names no path.
const defaultSSHConfig = "~/.ssh/config"

func (l *loader) decodeSource(raw *hcl.Block) {
	kind, name := raw.Labels[0], raw.Labels[1]
	b := l.open(raw, sourceShape())
	b.name = name
	s := &sourceBlock{at: raw.DefRange, value: Source{Name: name, Kind: kind, Pos: position(raw.DefRange)}}
	connection := b.optionalRef("connection", "connection")
	if !declare(l, l.model.sources, name, raw.LabelRanges[1], s) ||
		!l.isWord(kind, raw.LabelRanges[0], "type of source", wordsOf(source.Kinds())) {
		l.model.unread = name
		return
	}
	in, ok := b.sourceInput(&s.value)
	if !ok {
		l.model.unread = name
		return
	}
	result, err := source.Parse(in)
	if err != nil {
		l.model.unread = name
		// It begins with the name of a file, which keeps its letters.
		l.fail(b.placeOfSource(), fmt.Sprintf("source %q cannot be understood", name), err.Error()+".")
		return
	}
	l.sourceNotes(b, result.Notes)
	lost := slices.ContainsFunc(result.Notes, func(n source.Note) bool { return n.Lost })
	if len(result.Hosts) == 0 && !lost {
		l.warn(raw.LabelRanges[1], fmt.Sprintf("source %q has no hosts", name), "")
	}
	s.value.Hosts = len(result.Hosts)
	l.adoptSource(s, result, connection, raw.LabelRanges[1])
}

// placeOfSource is the argument that says what is read.
func (b *block) placeOfSource() hcl.Range {
	if b.has("command") {
		return b.place("command")
	}
	return b.place("path")
}

// sourceInput reads what a source consists of; false means that its hosts are not
// known, which was reported.
func (b *block) sourceInput(s *Source) (source.Input, bool) {
	in := source.Input{Kind: source.Kind(s.Kind), Files: map[string][]byte{}}
	if in.Kind == source.Command {
		return b.commandInput(s, in)
	}
	if a, ok := b.attrs["command"]; ok {
		b.l.fail(a.NameRange, fmt.Sprintf("command has no meaning for a source of type %s", s.Kind), "Use source \"command\" \""+s.Name+"\".")
	}
	written, ok := b.nonEmpty("path")
	switch {
	case !b.has("path") && in.Kind == source.SSHConfig:
		written = defaultSSHConfig
	case !b.meant("path"):
		b.l.fail(b.at, "missing argument \"path\"", fmt.Sprintf("A source of type %s is read from a file: path = \"…\".", s.Kind))
		return in, false
	case !ok:
		return in, false // that it is wrong, or a slip, was reported
	}
	path, ok := b.l.path(written, b.place("path"))
	if !ok {
		return in, false
	}
	s.Path, in.Path = path, b.l.shown(path)
	r := &sourceReader{l: b.l, in: in}
	if err := r.all(path); err != nil {
		b.l.fail(b.place("path"), fmt.Sprintf("source %q cannot be read", s.Name), sentence(err))
		return in, false
	}
	return in, true
}

// commandInput asks for the output of a command. What has not run yet is no error:
// commands that only read the configuration start nothing.
func (b *block) commandInput(s *Source, in source.Input) (source.Input, bool) {
	if a, ok := b.attrs["path"]; ok {
		b.l.fail(a.NameRange, "path has no meaning for a source of type command", "Name the program: command = [\"./inventory\", \"--list\"].")
	}
	if !b.has("command") {
		if b.meant("command", "path") {
			return in, false // one mistake, and reported
		}
		b.l.fail(b.at, "missing argument \"command\"", "A source of type command needs command = [\"program\", \"argument\"].")
		return in, false
	}
	for _, t := range b.command("command", hostScope) {
		word, constant := t.Constant()
		if !constant {
			b.l.fail(b.place("command"), "an attribute of a host cannot be used here", "This command says which hosts there are.")
			return in, false
		}
		s.Command = append(s.Command, word)
	}
	if s.Command == nil {
		return in, false
	}
	out, at, err := []byte(nil), time.Time{}, ErrNoOutput
	if b.l.opt.SourceOutput != nil {
		out, at, err = b.l.opt.SourceOutput(SourceCommand{Name: s.Name, Command: s.Command, Dir: b.l.opt.Dir, Database: b.l.model.settings.Database})
	}
	switch {
	case errors.Is(err, ErrNoOutput):
		b.l.model.unrun = append(b.l.model.unrun, s.Name)
		b.l.warn(b.place("command"), fmt.Sprintf("source %q has not run yet", s.Name),
			"Its hosts are not known. It runs with the next command that contacts hosts, such as scan.")
		return in, false
	case err != nil:
		b.l.fail(b.place("command"), fmt.Sprintf("source %q failed", s.Name), sentence(err))
		return in, false
	}
	s.Read = at
	in.Path = "output of source " + s.Name
	in.Files[in.Path] = out
	if _, err := b.l.functions.once("source\x00"+s.Name, func() (string, error) { return string(out), nil }); err != nil {
		b.l.fail(b.place("command"), fmt.Sprintf("source %q failed", s.Name), sentence(err))
	}
	return in, true
}

// shown is how a path is named in messages: inside of the configuration directory
// relative to it.
func (l *loader) shown(path string) string {
	if rel, err := filepath.Rel(l.opt.Dir, path); err == nil && filepath.IsLocal(rel) {
		return filepath.ToSlash(rel)
	}
	return filepath.ToSlash(path)
}

// sourceReader reads the files of one source.
type sourceReader struct {
	l  *loader
	in source.Input
	// size is that of all files read so far, in bytes.
	size int
}

// file reads one file under the name that messages give it.
func (r *sourceReader) file(name, path string) error {
	text, err := r.l.readNamed(path)
	if err != nil {
		return err
	}
	if r.size += len(text); r.size > source.MaxBytes {
		return fmt.Errorf("its files are larger than %d MiB together", source.MaxBytes>>20)
	}
	r.in.Files[name] = []byte(text)
	return nil
}

// all reads the file or directory of a source and what lies beside it.
func (r *sourceReader) all(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return errors.New(explain(err))
	case !info.IsDir():
		err = r.file(r.in.Path, path)
	case r.in.Kind != source.Ansible:
		err = fmt.Errorf("%s is a directory; name a file", path)
	default:
		err = r.below(r.in.Path, path)
	}
	if err != nil {
		return err
	}
	for _, beside := range source.Beside(r.in.Kind, r.in.Path) {
		dir := filepath.FromSlash(beside)
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(r.l.opt.Dir, dir)
		}
		if err := r.below(beside, dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// below reads every file below a directory; names with a leading dot and links to
// directories are passed over.
func (r *sourceReader) below(name, dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		child, path := name+"/"+e.Name(), filepath.Join(dir, e.Name())
		info, err := os.Stat(path)
		switch {
		case strings.HasPrefix(e.Name(), "."):
		case e.IsDir():
			if err := r.below(child, path); err != nil {
				return err
			}
		case err == nil && info.IsDir():
		case len(r.in.Files) >= maxSourceFiles:
			return fmt.Errorf("it has more than %d files", maxSourceFiles)
		default:
			if err := r.file(child, path); err != nil {
				return err
			}
		}
	}
	return nil
}

// maxSourceFiles bounds the files of one source.
const maxSourceFiles = 20_000

// sourceNotes reports what was not understood. A host that is lost is an error:
// who patches by the rest would believe that it is all.
func (l *loader) sourceNotes(b *block, notes []source.Note) {
	for _, n := range notes {
		at, detail := foreign(n.Pos), fmt.Sprintf("In source %q.", b.name)
		if n.Pos.File == "" {
			at = b.placeOfSource()
		}
		if n.Lost {
			l.fail(at, n.Text, detail+" A host or a group is missing because of it.")
			continue
		}
		l.warn(at, n.Text, detail)
	}
}

// foreign turns a place in a file of a source into a range.
func foreign(p inventory.Position) hcl.Range {
	at := hcl.Pos{Line: max(1, p.Line), Column: max(1, p.Column)}
	return hcl.Range{Filename: p.File, Start: at, End: at}
}

// sourceList are those that were read, in order of name.
func (m *model) sourceList() []Source {
	out := []Source{}
	for _, s := range m.sources.order {
		out = append(out, s.value)
	}
	slices.SortFunc(out, func(a, b Source) int { return strings.Compare(a.Name, b.Name) })
	return out
}
