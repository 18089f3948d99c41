package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
)

func patchwaveShape() shape {
	return shape{optional: []string{"required_version", "database", "timezone", "parallelism", "known_hosts"}}
}

// decodePatchwave reads the one block with the settings of the controller.
func (l *loader) decodePatchwave(raw *hcl.Block) {
	b := l.open(raw, patchwaveShape())
	if first := l.patchwaveAt; first != nil {
		l.fail(raw.DefRange, "duplicate patchwave block",
			fmt.Sprintf("There is one at most; the first is at %s:%d.", first.Filename, first.Start.Line), *first)
		return
	}
	l.patchwaveAt = &raw.DefRange
	s := &l.model.settings
	if path, ok := b.nonEmpty("database"); ok {
		s.Database, _ = l.path(path, b.place("database"))
	}
	if zone, ok := b.zone(); ok {
		s.Timezone, l.zone = zone.String(), zone
	}
	if n, ok := b.number("parallelism", 1, maxParallelism); ok {
		s.Parallelism = n
	}
	files, _ := b.texts("known_hosts")
	for _, f := range files {
		path, ok := l.path(f.text, f.at)
		if !ok {
			continue
		}
		s.KnownHosts = append(s.KnownHosts, path)
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			l.warn(f.at, fmt.Sprintf("the file %s does not exist", path),
				"No host key in it is known, so hosts are refused until it is there or a connection says host_keys = \"accept-new\".")
		}
	}
}

// maxParallelism is more connections than a controller has file descriptors for.
const maxParallelism = 100_000

// defaultKnownHosts are the files OpenSSH reads, where the configuration names
// none.
func (l *loader) defaultKnownHosts() []string {
	files := []string{"/etc/ssh/ssh_known_hosts"}
	if l.opt.Home != "" {
		files = append([]string{filepath.Join(l.opt.Home, ".ssh", "known_hosts")}, files...)
	}
	return files
}

// path makes a path absolute: "~" is the running user's home, relative ones
// start at the configuration directory.
func (l *loader) path(s string, at hcl.Range) (string, bool) {
	switch {
	case s == "" || strings.ContainsRune(s, 0):
		l.fail(at, "this is no path", "")
		return "", false
	case s == "~" || strings.HasPrefix(s, "~/"):
		if l.opt.Home == "" {
			l.fail(at, "the home directory is not known", "The running user has none; write the whole path.")
			return "", false
		}
		return filepath.Join(l.opt.Home, s[1:]), true
	case strings.HasPrefix(s, "~"):
		l.fail(at, "the home of another user cannot be named", "Write the whole path.")
		return "", false
	case filepath.IsAbs(s):
		return filepath.Clean(s), true
	default:
		return filepath.Join(l.opt.Dir, s), true
	}
}

// zone reads the argument timezone.
func (b *block) zone() (*time.Location, bool) {
	s, ok := b.nonEmpty("timezone")
	if !ok {
		return nil, false
	}
	return b.l.zoneNamed(s, b.place("timezone"))
}

// zoneNamed finds an IANA time zone.
func (l *loader) zoneNamed(s string, at hcl.Range) (*time.Location, bool) {
	zone, cached := l.zones[s]
	if cached {
		return zone, true
	}
	zone, err := time.LoadLocation(s)
	if err != nil || s == "Local" {
		l.fail(at, fmt.Sprintf("there is no time zone %q", s),
			"Write a name of the IANA database, for example \"Europe/Berlin\" or \"UTC\".")
		return nil, false
	}
	l.zones[s] = zone
	return zone, true
}
