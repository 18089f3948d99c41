package zfs_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// pool is a fake of a pool, as the commands zfs and zpool show it, kept in a file. Its
// words are those that OpenZFS 2.1.11 was seen to say in the machine of pool_test.go
// (build tag zfs), where the same is done with a real pool.
type pool struct {
	Sets     []*set
	Pool     map[string]string
	BootGUID string // bootfs is kept by number: it goes along with a rename
	Root     string // guid of what is mounted on /
	Cmdline  string
	Usage    string            // of zfs rename
	Other    string            // a directory that is on another device
	Fail     map[string]string // a command's beginning: what it says, once
	Ran      []string
	Cut      int // so many changes are still made, and then none; 0: all
	Next     int
}

// set is a dataset or a snapshot.
type set struct {
	Name, GUID, Origin string
	Props              map[string]string
	Holds              []string
}

const stateFile = "FAKE_ZFS_STATE"

// TestMain is the fake commands too, by the name that the test's program is called by.
func TestMain(m *testing.M) {
	file := os.Getenv(stateFile)
	if file == "" {
		os.Exit(m.Run())
	}
	code, err := fake(file, filepath.Base(os.Args[0]), os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

func fake(file, name string, args []string) (int, error) {
	if slices.Contains([]string{"setsid", "systemd-run", "systemctl", "reboot", "sync"}, name) {
		return 0, nil // nothing goes down, and nothing is written behind the back of the test
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return 99, err
	}
	var p pool
	if err := json.Unmarshal(text, &p); err != nil {
		return 99, err
	}
	line := name + " " + strings.Join(args, " ")
	if name == "cat" && line != "cat /proc/cmdline" || name == "stat" && (p.Other == "" || args[len(args)-1] != p.Other) {
		return 99, syscall.Exec("/usr/bin/"+name, append([]string{name}, args...), os.Environ())
	}
	p.Ran = append(p.Ran, line)
	said, err := p.command(name, args)
	for begin, what := range p.Fail {
		if strings.HasPrefix(line, begin) {
			delete(p.Fail, begin)
			said, err = "", errors.New(what)
			p.Sets, p.BootGUID = before(text).Sets, before(text).BootGUID
			break
		}
	}
	if change := name == "zpool" && args[0] == "set" || name == "zfs" && slices.Contains([]string{"clone", "destroy", "hold", "inherit", "promote", "rename", "set", "snapshot"}, args[0]); change && p.Cut > 0 {
		if p.Cut == 1 {
			said, err = "", errors.New("the power is cut")
			p.Sets, p.BootGUID = before(text).Sets, before(text).BootGUID
		} else {
			p.Cut--
		}
	}
	_, perr := os.Stdout.WriteString(said)
	text, jerr := json.Marshal(p)
	if jerr == nil {
		jerr = os.WriteFile(file, text, 0o600)
	}
	if err = errors.Join(err, perr, jerr); err != nil {
		return 1, err
	}
	return 0, nil
}

func before(text []byte) (p pool) {
	_ = json.Unmarshal(text, &p) // it was read a moment ago
	return p
}

func (p *pool) command(name string, args []string) (string, error) {
	switch name {
	case "zfs":
		return p.zfs(args[0], args[1:])
	case "zpool":
		if args[0] == "set" {
			v, _ := strings.CutPrefix(args[1], "bootfs=")
			p.BootGUID = p.must(v).GUID
			return "", nil
		}
		if v := args[len(args)-2]; v != "bootfs" {
			return p.Pool[v] + "\n", nil
		}
		if s := p.byGUID(p.BootGUID); s != nil {
			return s.Name + "\n", nil
		}
		return "-\n", nil
	case "mount":
		if len(args) > 0 {
			return "", nil
		}
		kind, root := "ext4", "/dev/vda1"
		if s := p.byGUID(p.Root); s != nil {
			kind, root = "zfs", s.Name
		}
		return fmt.Sprintf("proc on /proc type proc (rw)\n%s on / type %s (rw,relatime)\nbpool/BOOT/debian on /boot type zfs (rw)\n", root, kind), nil
	case "cat":
		return p.Cmdline + "\n", nil
	case "stat":
		return "4242\n", nil
	case "mktemp":
		dir, err := os.MkdirTemp(filepath.Dir(os.Getenv(stateFile)), "top")
		return dir + "\n", err
	case "id":
		return "0\n", nil
	case "umount":
		return "", nil
	}
	return "", fmt.Errorf("%s: not in the fake", name)
}

func (p *pool) find(name string) *set {
	if i := slices.IndexFunc(p.Sets, func(s *set) bool { return s.Name == name }); i >= 0 {
		return p.Sets[i]
	}
	return nil
}

func (p *pool) must(name string) *set {
	if s := p.find(name); s != nil {
		return s
	}
	return &set{}
}

func (p *pool) byGUID(guid string) *set {
	if i := slices.IndexFunc(p.Sets, func(s *set) bool { return s.GUID == guid }); i >= 0 {
		return p.Sets[i]
	}
	return nil
}

func (p *pool) add(name, origin string) *set {
	p.Next++
	s := &set{Name: name, GUID: strconv.Itoa(1000 + p.Next), Origin: origin, Props: map[string]string{}}
	p.Sets = append(p.Sets, s)
	return s
}

func (p *pool) zfs(verb string, args []string) (string, error) {
	if len(args) == 0 {
		return "", errors.New(p.Usage)
	}
	last := args[len(args)-1]
	name := last
	if verb == "rename" {
		name = args[len(args)-2]
	}
	if verb == "clone" {
		name = args[len(args)-2]
	}
	if verb != "snapshot" && p.find(name) == nil {
		return "", fmt.Errorf("cannot open '%s': dataset does not exist", name)
	}
	s := p.must(name)
	switch verb {
	case "get":
		return p.get(args, s), nil
	case "list":
		return p.list(args, last), nil
	case "set":
		for _, a := range args[:len(args)-1] {
			k, v, _ := strings.Cut(a, "=")
			s.Props[k] = v
		}
	case "inherit":
		delete(s.Props, args[0])
	case "hold":
		s.Holds = append(s.Holds, args[0])
	case "release":
		s.Holds = slices.DeleteFunc(s.Holds, func(h string) bool { return h == args[0] })
	case "holds":
		var out strings.Builder
		for _, h := range s.Holds {
			fmt.Fprintf(&out, "%s\t%s\tSun Nov 29  2:00 2026\n", s.Name, h)
		}
		return out.String(), nil
	case "rename":
		return "", p.rename(s, last)
	case "snapshot", "clone":
		return "", p.make(verb, args, name, last)
	case "destroy":
		return "", p.destroy(s)
	case "promote":
		return "", p.promote(s)
	}
	return "", nil
}

func (p *pool) make(verb string, args []string, from, name string) error {
	if p.find(name) != nil {
		return fmt.Errorf("cannot create '%s': dataset already exists", name)
	}
	if verb == "snapshot" {
		from = ""
	}
	s := p.add(name, from)
	for i, a := range args {
		if a == "-o" {
			k, v, _ := strings.Cut(args[i+1], "=")
			s.Props[k] = v
		}
	}
	return nil
}

func (p *pool) rename(s *set, to string) error {
	if p.find(to) != nil {
		return fmt.Errorf("cannot rename '%s': dataset already exists", s.Name)
	}
	from := s.Name
	for _, o := range p.Sets {
		for _, n := range []*string{&o.Name, &o.Origin} {
			if *n == from || strings.HasPrefix(*n, from+"@") || strings.HasPrefix(*n, from+"/") {
				*n = to + strings.TrimPrefix(*n, from)
			}
		}
	}
	return nil
}

func (p *pool) destroy(s *set) error {
	for _, o := range p.Sets {
		switch {
		case o.Origin == s.Name:
			return fmt.Errorf("cannot destroy '%s': snapshot has dependent clones\nuse '-R' to destroy the following datasets:\n%s", s.Name, o.Name)
		case strings.HasPrefix(o.Name, s.Name+"@"), strings.HasPrefix(o.Name, s.Name+"/"):
			return fmt.Errorf("cannot destroy '%s': filesystem has children\nuse '-r' to destroy the following datasets:\n%s", s.Name, o.Name)
		}
	}
	if len(s.Holds) > 0 || s.GUID == p.Root {
		return fmt.Errorf("cannot destroy snapshot %s: dataset is busy", s.Name)
	}
	p.Sets = slices.DeleteFunc(p.Sets, func(o *set) bool { return o == s })
	return nil
}

// promote moves the origin and what is older than it.
func (p *pool) promote(s *set) error {
	if s.Origin == "" {
		return fmt.Errorf("cannot promote '%s': not a cloned filesystem", s.Name)
	}
	origin := s.Origin
	old, _, _ := strings.Cut(origin, "@")
	for _, o := range p.Sets {
		if strings.HasPrefix(o.Name, old+"@") {
			was := o.Name
			o.Name = s.Name + strings.TrimPrefix(was, old)
			for _, c := range p.Sets {
				if c.Origin == was {
					c.Origin = o.Name
				}
			}
			if was == origin {
				break
			}
		}
	}
	s.Origin, p.must(old).Origin = "", s.Name+strings.TrimPrefix(origin, old)
	return nil
}

func (p *pool) value(k string, s *set) string {
	switch k {
	case "guid":
		return s.GUID
	case "name":
		return s.Name
	case "origin":
		return s.Origin
	case "creation":
		return "1795935692"
	case "used":
		return "4096"
	case "clones":
		var out []string
		for _, o := range p.Sets {
			if o.Origin == s.Name {
				out = append(out, o.Name)
			}
		}
		return strings.Join(out, ",")
	}
	if v, ok := s.Props[k]; ok {
		return v
	}
	if of, _, snap := strings.Cut(s.Name, "@"); snap { // snapshots inherit
		return p.must(of).Props[k]
	}
	return ""
}

func (p *pool) get(args []string, s *set) string {
	k := args[len(args)-2]
	if k == "all" {
		var out strings.Builder
		for k, v := range s.Props {
			fmt.Fprintf(&out, "%s\t%s\n", k, v)
		}
		return out.String()
	}
	if slices.Contains(args, "local") {
		if v, ok := s.Props[k]; ok {
			return v + "\n"
		}
		return ""
	}
	if v := p.value(k, s); v != "" {
		return v + "\n"
	}
	return "-\n"
}

func (p *pool) list(args []string, top string) string {
	if !slices.Contains(args, "-r") {
		return top + "\n"
	}
	snaps := slices.Contains(args, "snapshot")
	columns := strings.Split(args[slices.Index(args, "-o")+1], ",")
	var out strings.Builder
	for _, s := range p.Sets {
		if strings.Contains(s.Name, "@") != snaps || s.Name != top && !strings.HasPrefix(s.Name, top+"/") {
			continue
		}
		for i, c := range columns {
			out.WriteString(map[bool]string{true: "\t"}[i > 0] + p.value(c, s))
		}
		out.WriteString("\n")
	}
	return out.String()
}

// links makes the fake commands in a directory.
func links(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range []string{"zfs", "zpool", "mount", "umount", "cat", "stat", "mktemp", "id", "systemd-run", "systemctl", "reboot", "setsid", "sync"} {
		if err := os.Symlink(self, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// run runs a script with the fake commands.
func run(t *testing.T, p *pool, dir string, body []byte) []byte {
	t.Helper()
	file := filepath.Join(dir, "state")
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "sh")
	// a script looks for programs where an administrator has them; here first in the fake
	cmd.Stdin = strings.NewReader(strings.Replace(string(body), "export PATH=", "export PATH="+dir+":", 1))
	cmd.Env = append(os.Environ(), stateFile+"="+file, "GORACE=atexit_sleep_ms=0") // with -race every process else waits a second
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if text, err = os.ReadFile(file); err != nil {
		t.Fatal(err)
	}
	*p = pool{}
	if err := json.Unmarshal(text, p); err != nil {
		t.Fatal(err)
	}
	return out
}
