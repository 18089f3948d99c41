package apk

import (
	"regexp"
	"strings"

	apkversion "github.com/knqyf263/go-apk-version"

	"patchwave/engine/updates"
	"patchwave/engine/updates/parse"
)

// The rows of apk list (print_package in src/app_list.c):
//
//	NAME-VERSION ARCH {ORIGIN} (LICENSE) [upgradable from: NAME-VERSION]
//
// and those of a commit or its simulation (src/commit.c):
//
//	(N/M) Upgrading NAME[@TAG] (OLD -> NEW)
//	(N/M) Installing NAME[@TAG] (NEW)
//	(N/M) Purging NAME (OLD)
var (
	listRow   = regexp.MustCompile(`^(\S+) ([a-z0-9_]+) \{([^}]*)\} \(.*\)( \[installed\]| \[upgradable from: (\S+)\])?$`)
	commitRow = regexp.MustCompile(`^\([ 0-9]+/[0-9]+\) ([A-Z][a-z]+) ([^ @]+)(?:@[^ ]+)? \(([^ )]+)(?: -> ([^ )]+))?\)`)
	fullName  = regexp.MustCompile(`^(.+)-([0-9][^-]*(?:-r[0-9]+)?)$`)
)

// offer is one row of apk list.
type offer struct {
	name, version, arch, origin string
	// from is the installed version where the row says so.
	from string
}

// parseOffer reads a row of apk list. A name may hold dashes and digits: the
// version begins at the last dash that a digit follows, "-rN" aside.
func parseOffer(line string) (offer, bool) {
	m := listRow.FindStringSubmatch(line)
	if m == nil {
		return offer{}, false
	}
	full := fullName.FindStringSubmatch(m[1])
	if full == nil {
		return offer{}, false
	}
	o := offer{name: full[1], version: full[2], arch: m[2], origin: m[3]}
	if m[5] != "" {
		old := fullName.FindStringSubmatch(m[5])
		if old == nil || old[1] != o.name {
			return offer{}, false
		}
		o.from = old[2]
	}
	g := parse.Apk()
	if !g.OK(o.name, o.arch, o.version) || !g.NameOK(o.origin) || o.from != "" && !g.VersionOK(o.from) {
		return offer{}, false
	}
	return o, true
}

// newer says whether version a is newer than b, as apk compares them.
func newer(a, b string) bool {
	va, err := apkversion.NewVersion(a)
	if err != nil {
		return false
	}
	vb, err := apkversion.NewVersion(b)
	return err != nil || va.GreaterThan(vb)
}

// commit is one row of a commit.
type commit struct {
	action   updates.Action
	name     string
	from, to string
}

// parseCommit reads a row of a commit. ok is false if the line is none, bad if
// it is one that is not understood.
func parseCommit(line string) (c commit, ok, bad bool) {
	if !strings.HasPrefix(line, "(") {
		return commit{}, false, false
	}
	m := commitRow.FindStringSubmatch(line)
	if m == nil || !parse.Apk().NameOK(m[2]) {
		return commit{}, false, true
	}
	c = commit{name: m[2]}
	switch m[1] {
	case "Installing":
		c.action, c.to = updates.ActionInstall, m[3]
	case "Purging":
		c.action, c.from = updates.ActionRemove, m[3]
	case "Upgrading", "Replacing":
		c.action, c.from, c.to = updates.ActionUpgrade, m[3], m[4]
	case "Downgrading":
		c.action, c.from, c.to = updates.ActionDowngrade, m[3], m[4]
	case "Reinstalling", "Updating":
		// The same version once more, or another tag: nothing changes.
		return commit{}, false, false
	default:
		return commit{}, false, true
	}
	if c.to == "" && c.action != updates.ActionRemove {
		c.to = c.from
	}
	for _, v := range []string{c.from, c.to} {
		if v != "" && !parse.Apk().VersionOK(v) {
			return commit{}, false, true
		}
	}
	return c, true, false
}
