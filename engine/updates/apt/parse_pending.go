package apt

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"patchwave/connectors/framing"
)

// class is what a plain upgrade does with an upgradable package.
type class int

const (
	upgraded class = iota
	keptBack       // held, phased (before apt 2.9), or for its dependencies
	deferred       // phased, in apt's own words
	unsolved       // apt could not work out an upgrade
)

// row is one upgradable package.
type row struct {
	name string
	// arch is "" for the native architecture and "all".
	arch     string
	from, to string
	class    class
}

// sections are the headings of `apt-get -V upgrade` that hold upgradable
// packages (apt-private/private-output.cc). Under all others stands something
// else: packages that are no longer required, Ubuntu Pro's advertisement.
var sections = map[string]class{
	"The following packages will be upgraded:":                        upgraded,
	"The following packages have been kept back:":                     keptBack,
	"The following upgrades have been deferred due to phasing:":       deferred,
	"The following packages have been kept back due to phasing:":      deferred,
	"The following held packages will be changed:":                    keptBack,
	"The following packages were kept back by the use of preferences": keptBack,
}

var (
	versionRow = regexp.MustCompile(`^ +([^ :()]+)(?::([^ :()]+))? \(([^ ()]+) => ([^ ()]+)\)$`)
	listRow    = regexp.MustCompile(`^([^ /]+)/[^ ]* ([^ ]+) ([^ ]+) \[upgradable from: ([^ \]]+)\]$`)
	summary    = regexp.MustCompile(`^([0-9]+) upgraded, [0-9]+ newly installed, (?:[0-9]+ (?:reinstalled|downgraded), )*[0-9]+ to remove and [0-9]+ not upgraded\.$`)
)

// parsePending reads frame apt.pending: the listing of `apt-get -V upgrade`, or
// where that failed `apt list --upgradable`. whole says that it was the first,
// that it came to its end, and that it lists as many upgrades as apt counts.
func parsePending(f framing.Frame) (rows []row, whole bool) {
	section, known := upgraded, false
	for _, line := range f.Lines() {
		if m := versionRow.FindStringSubmatch(line); m != nil {
			if known {
				rows = append(rows, row{name: m[1], arch: m[2], from: m[3], to: m[4], class: section})
			}
			continue
		}
		if m := listRow.FindStringSubmatch(line); m != nil {
			rows = append(rows, row{name: m[1], arch: m[3], from: m[4], to: m[2], class: unsolved})
			continue
		}
		if m := summary.FindStringSubmatch(line); m != nil {
			whole = m[1] == strconv.Itoa(count(rows, upgraded))
		}
		if known && strings.HasPrefix(line, " ") {
			// A row that is not understood: it must not vanish without a word.
			rows = append(rows, row{name: strings.TrimSpace(line), class: section})
			continue
		}
		section, known = sections[strings.TrimSpace(line)]
	}
	return rows, whole && f.RC == 0
}

func count(rows []row, of class) int {
	n := 0
	for _, r := range rows {
		if r.class == of {
			n++
		}
	}
	return n
}

// states are the packages that are held or not wholly installed, by name.
type states map[string][]state

type state struct {
	arch string
	// held is the selection "hold".
	held bool
	// word is dpkg's abbreviation, "ok" if the package is wholly installed.
	word string
}

var stateWord = regexp.MustCompile(`^[a-z-]{2,20}$`)

// parseStates reads frame apt.states: ABBREV<TAB>NAME<TAB>ARCH<TAB>VERSION.
func parseStates(a framing.Answer) states {
	s := states{}
	frame, _ := a.Get("apt.states")
	for _, line := range frame.Lines() {
		f := strings.Split(line, "\t")
		if len(f) != 4 || len(f[0]) != 3 {
			continue
		}
		st := state{arch: f[2], held: f[0][0] == 'h', word: f[0]}
		if f[0][1:] == "i " {
			st.word = "ok"
		}
		s[f[1]] = append(s[f[1]], st)
	}
	return s
}

// held says whether the package of a row is on hold.
func (s states) held(r row, native string) bool {
	return slices.ContainsFunc(s[r.name], func(st state) bool { return st.held && r.matches(st.arch, native) })
}

// words of dpkg(1) for the second letter of its abbreviations.
var words = map[byte]string{
	'H': "half-installed", 'U': "unpacked", 'F': "half-configured", 'W': "triggers-awaited", 'T': "triggers-pending",
	'h': "half-installed", 'u': "unpacked", 'f': "half-configured", 'w': "triggers-awaited", 't': "triggers-pending",
}

// broken lists up to ten packages that are not wholly installed, in words.
func (s states) broken() []string {
	var list []string
	for pkg, all := range s {
		for _, st := range all {
			if st.word == "ok" {
				continue
			}
			word := words[st.word[1]]
			if st.word[2] == 'R' {
				word = "reinstallation required"
			}
			list = append(list, strings.TrimSpace(pkg+" "+word))
		}
	}
	slices.Sort(list)
	return list[:min(len(list), 10)]
}

// matches says whether a package of arch is the one of the row, which has no
// architecture if it is the native one or "all".
func (r row) matches(arch, native string) bool {
	if r.arch != "" {
		return r.arch == arch
	}
	return arch == native || arch == "all"
}
