package updates

import (
	"regexp"
	"slices"
	"strings"
)

// Conffile is a configuration file that somebody had changed and that an update
// left as it was.
type Conffile struct {
	// Path is the file, New the version of the package, beside it.
	Path, New string
}

// maxConffiles bounds how many are told of one job.
const maxConffiles = 200

var (
	// dpkgFile and dpkgKept are what dpkg says of a file that it would ask about
	// (src/main/configure.c).
	dpkgFile = regexp.MustCompile("^Configuration file ['`](/[^'`]{1,400})'$")
	dpkgKept = regexp.MustCompile(`^ ==> (Keeping old config file as default|Using current old file as you requested)\.$`)
	// rpmKept is of rpm (lib/fsm.c), which dnf and zypper pass on, each behind words
	// of its own; pacmanKept of pacman (lib/libalpm/add.c).
	rpmKept    = regexp.MustCompile(`(?:^|[ \]])(?:warning: )?(/\S{1,400}) created as (/\S{1,400}\.rpmnew)$`)
	pacmanKept = regexp.MustCompile(`^warning: (/\S{1,400}) installed as (/\S{1,400}\.pacnew)$`)
)

// Kept are the configuration files that the log of a job tells were left as they
// were, in the order of the log, each once. A host that lies can make it say
// anything of its own files, and nothing else.
func Kept(log []byte) []Conffile {
	var out []Conffile
	asked := ""
	for line := range strings.Lines(string(log)) {
		line = strings.TrimRight(line, "\r\n")
		var f Conffile
		if m := dpkgFile.FindStringSubmatch(line); m != nil {
			asked = m[1]
			continue
		}
		switch {
		case dpkgKept.MatchString(line) && asked != "":
			f = Conffile{asked, asked + ".dpkg-dist"}
			asked = ""
		case strings.HasPrefix(line, " ==> Using new "):
			asked = ""
		default:
			m := rpmKept.FindStringSubmatch(line)
			if m == nil {
				m = pacmanKept.FindStringSubmatch(line)
			}
			if m == nil || m[2] != m[1]+m[2][strings.LastIndexByte(m[2], '.'):] {
				continue
			}
			f = Conffile{m[1], m[2]}
		}
		if f.Path != "" && !slices.Contains(out, f) && len(out) < maxConffiles {
			out = append(out, f)
		}
	}
	return out
}
