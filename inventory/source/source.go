package source

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"patchwave/inventory"
)

// Kind is a form of inventory, named as in the language.
type Kind string

// The kinds of sources.
const (
	// Ansible is an inventory file in INI or YAML, the JSON of ansible-inventory
	// --list, or a directory of such files, with group_vars and host_vars.
	Ansible Kind = "ansible"
	// CSV is a table with a header row, see csv.go.
	CSV Kind = "csv"
	// JSON is a list of hosts, see json.go, or what a dynamic inventory prints.
	JSON Kind = "json"
	// Command is the output of a program, in the forms of JSON.
	Command Kind = "command"
	// TerraformState is a state file of version 4.
	TerraformState Kind = "terraform_state"
	// SSHConfig is a client configuration of OpenSSH.
	SSHConfig Kind = "ssh_config"
)

// Kinds lists what Parse reads.
func Kinds() []Kind { return []Kind{Ansible, CSV, JSON, Command, TerraformState, SSHConfig} }

// Input is one source, read by the caller.
type Input struct {
	Kind Kind
	// Path names the source: a key of Files, or for Ansible also the directory
	// that has them below it.
	Path string
	// Files are all that was read, by path with forward slashes: the file named by
	// Path, or every file below it, and those below the directories of Beside.
	Files map[string][]byte
}

// Limits of a source.
const (
	// MaxBytes bounds the files of a source together.
	MaxBytes = 32 << 20
	// MaxRange bounds the hosts of one pattern.
	MaxRange = 65_536
	// MaxHosts bounds the hosts of a source.
	MaxHosts = 262_144
)

// Result is what a source says.
type Result struct {
	// Hosts are in order of appearance; names are valid and differ in more than case.
	Hosts []Host
	// Groups are in order of appearance, without "all" and "ungrouped". A name may
	// be that of a host.
	Groups []Group
	// Notes say what was not understood, in order of place.
	Notes []Note
}

// Host is one machine of a source. Maps are read only: hosts share them.
type Host struct {
	Name string
	// Address is a DNS name or an IP address; the name if the source has no other.
	Address string
	// Connection is "ssh", "winrm", "local", or "" where the source does not say.
	Connection string
	User       string
	// Port is 0 where the source does not say.
	Port int
	// IdentityFiles are paths as they were written.
	IdentityFiles []string
	// Jump is the chain of jump hosts, first hop first, each [user@]host[:port].
	Jump []string
	// Become is how commands get their privilege; nil where the source does not say.
	Become *Become
	// WinRM has what is said about a connection of that kind.
	WinRM WinRM
	// Groups are the groups that list it, in order of appearance; not the outer ones.
	Groups []string
	// Labels are those of CSV, JSON and Terraform (tags); Ansible has none.
	Labels map[string]string
	// Vars are the operator's own variables, those of groups merged in, as JSON
	// values: string, bool, float64, nil, []any, map[string]any. What became a field
	// above is not in it, and neither is a secret.
	Vars map[string]any
	// Secrets are the variables that were left out because they hold a secret,
	// sorted; "a.b" is b inside a.
	Secrets  []string
	Site     string
	Timezone string
	Pos      inventory.Position
}

// Become is a way to get privilege.
type Become struct {
	// Method is "sudo", "doas", "su" or "none".
	Method string
	// User is "" where the source does not say.
	User string
}

// WinRM is what a source says about WinRM. Empty means that it does not.
type WinRM struct {
	// Scheme is "http" or "https".
	Scheme string
	// Auth is "basic", "ntlm", "kerberos" or "certificate".
	Auth string
}

// Group is a set of hosts.
type Group struct {
	Name string
	// Children are the names of groups in it, in order of appearance. There are no
	// cycles.
	Children []string
	// Vars are the group's own variables, files included, without secrets; they are
	// in its hosts' Vars already.
	Vars map[string]any
	Pos  inventory.Position
}

// Note is something in a source that was not understood, or not carried over.
type Note struct {
	Pos inventory.Position
	// Text says what and, where there is something to do, what.
	Text string
	// Lost means that a host or a group of the source is not in the result.
	Lost bool
}

// String is "file:line: text".
func (n Note) String() string { return place(n.Pos) + n.Text }

// Error is why a source cannot be read.
type Error struct {
	Pos inventory.Position
	Msg string
}

// Error is "file:line: message".
func (e *Error) Error() string { return place(e.Pos) + e.Msg }

func place(p inventory.Position) string {
	switch {
	case p.File == "":
		return ""
	case p.Line == 0:
		return p.File + ": "
	default:
		return fmt.Sprintf("%s:%d: ", p.File, p.Line)
	}
}

// Beside returns the directories whose files, all below them, belong to a source
// besides what its path names. They may be missing.
func Beside(kind Kind, name string) []string {
	if kind != Ansible {
		return nil
	}
	dir := path.Dir(path.Clean(name))
	return []string{path.Join(dir, "group_vars"), path.Join(dir, "host_vars")}
}

// Parse reads a source. The error is an *Error. Parse neither panics nor takes
// time out of proportion, whatever the bytes are.
func Parse(in Input) (*Result, error) {
	parsers := map[Kind]func(*reader) *Error{
		Ansible: (*reader).ansible, CSV: (*reader).csv, JSON: (*reader).json, Command: (*reader).json,
		TerraformState: (*reader).terraform, SSHConfig: (*reader).sshConfig,
	}
	parse, ok := parsers[in.Kind]
	if !ok {
		var words []string
		for _, k := range Kinds() {
			words = append(words, string(k))
		}
		return nil, &Error{Msg: fmt.Sprintf("%q is no kind of source; use one of %s", in.Kind, strings.Join(words, ", "))}
	}
	r, err := newReader(in)
	if err != nil {
		return nil, err
	}
	if err := parse(r); err != nil {
		return nil, err
	}
	return r.finish(), nil
}

// reader is one call of Parse.
type reader struct {
	kind  Kind
	path  string
	files map[string][]byte
	hosts []Host
	// groups are what was found, in order.
	groups []Group
	notes  []Note
	// counted are notes about the same thing at many places.
	counted map[string]*countedNote
}

func newReader(in Input) (*reader, error) {
	r := &reader{kind: in.Kind, path: path.Clean(in.Path), files: make(map[string][]byte, len(in.Files)), counted: map[string]*countedNote{}}
	size := 0
	for name, text := range in.Files {
		r.files[path.Clean(name)] = text
		if size += len(text); size > MaxBytes {
			return nil, &Error{Pos: inventory.Position{File: in.Path}, Msg: fmt.Sprintf("the inventory is larger than %d MiB", MaxBytes>>20)}
		}
	}
	return r, nil
}

// text returns the file that the path names.
func (r *reader) text() ([]byte, *Error) {
	text, ok := r.files[r.path]
	if !ok {
		return nil, &Error{Pos: inventory.Position{File: r.path}, Msg: "there is no such file"}
	}
	return stripMark(text), nil
}

// stripMark takes away the byte order mark that some editors write.
func stripMark(text []byte) []byte {
	if len(text) >= 3 && text[0] == 0xEF && text[1] == 0xBB && text[2] == 0xBF {
		return text[3:]
	}
	return text
}

// finish checks names and hands out the result.
func (r *reader) finish() *Result {
	r.checkNames()
	r.flushCounted()
	slices.SortStableFunc(r.notes, compareNotes)
	r.capNotes()
	return &Result{Hosts: r.hosts, Groups: r.groups, Notes: r.notes}
}
