package dnf

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"patchwave/connectors/framing"
	"patchwave/engine/updates"
	"patchwave/engine/updates/parse"
	"patchwave/engine/updates/rebootlist"
	"patchwave/engine/updates/rpm"
	"patchwave/inventory"
)

// ParseScan reads the frames dnf.refresh, dnf.scan, dnf.installed, dnf.host and
// dnf.reboot.
func (manager) ParseScan(a framing.Answer) updates.Listing {
	f, ok := a.Get("dnf.scan")
	s := readScan(f)
	l := updates.Listing{
		State:     inventory.ScanOK,
		Updates:   rpm.Updates("dnf", s.offers, s.advisories),
		Installed: rpm.Installed(a, "dnf.installed"),
		Notes:     s.notes,
	}
	l.State, l.Problem = judge(a, f, ok, s)
	l.RebootRequired, l.RebootReasons = reboot(a, s)
	return l
}

// judge says how good a listing is.
func judge(a framing.Answer, f framing.Frame, there bool, s scan) (inventory.ScanState, *inventory.Problem) {
	switch {
	case !there:
		return inventory.ScanFailed, parse.Problem(parse.Exit, "the host sent no listing; look at the host with `patchwave exec`")
	case f.RC != 0:
		return inventory.ScanFailed, rpm.Complaint("dnf", f.RC, f.ErrLines(), f.Lines())
	case s.busy:
		return inventory.ScanFailed, parse.Problem(parse.Locked, "a package transaction is under way on the host; scan again when it has ended")
	case len(s.duplicates) > 0:
		return inventory.ScanFailed, parse.Problem(parse.Interrupted,
			"a transaction was interrupted: %s installed twice; look at `dnf check`, then run `dnf remove --duplicates`", rpm.List(s.duplicates, 5))
	case s.present+len(s.missing) == 0:
		return inventory.ScanFailed, parse.Problem(parse.Exit, "no repository is enabled on the host; look at `dnf repolist` (is the host registered?)")
	}
	refresh, refreshed := a.Get("dnf.refresh")
	failed := failedRepos(refresh)
	if s.present == 0 {
		if len(failed) == 0 {
			failed = s.missing
		}
		return inventory.ScanFailed, parse.Problem(parse.Exit, "no repository has metadata on the host; run `dnf makecache` there: %s", rpm.List(failed, 3))
	}
	if refreshed && refresh.RC != 0 {
		if len(failed) > 0 {
			return inventory.ScanStale, parse.Problem(parse.Exit, "could not refresh repository %s; mend or disable it (`dnf config-manager --set-disabled ID`)", rpm.List(failed, 3))
		}
		return inventory.ScanStale, rpm.Complaint("refreshing the metadata", refresh.RC, refresh.ErrLines(), refresh.Lines())
	}
	if len(s.missing) > 0 {
		return inventory.ScanStale, parse.Problem(parse.Exit, "no metadata of repository %s; run `dnf makecache` there", rpm.List(s.missing, 3))
	}
	return inventory.ScanOK, nil
}

var downloadErrors = regexp.MustCompile(`^Errors during downloading metadata for repository '([^']+)':`)

// failedRepos finds the repositories that could not be refreshed, with dnf's words
// and the first of the reasons that it logged.
func failedRepos(f framing.Frame) []string {
	reasons, id := map[string]string{}, ""
	for _, line := range f.ErrLines() {
		if m := downloadErrors.FindStringSubmatch(line); m != nil {
			id = m[1]
		} else if words, ok := strings.CutPrefix(line, "  - "); ok && id != "" && reasons[id] == "" {
			reasons[id] = words
		}
	}
	var failed []string
	for _, line := range f.Lines() {
		if w := strings.Split(line, "\t"); len(w) == 4 && w[0] == "repo" && w[2] != "ok" {
			failed = append(failed, fmt.Sprintf("%s (%s)", parse.Clean(w[1], 80), parse.Clean(cmp.Or(reasons[w[1]], w[3]), 200)))
		}
	}
	return failed
}

// scan is what the lines of dnf.scan say.
type scan struct {
	busy       bool
	present    int
	missing    []string
	offers     []rpm.Offer
	advisories []rpm.Advisory
	duplicates []string
	notes      []string
	kernel     []string // name, running, newest; or nil
	sinceBoot  []string
}

func readScan(f framing.Frame) scan {
	var s scan
	for _, line := range f.Lines() {
		words := strings.Split(line, "\t")
		for i, w := range words {
			if w == "-" {
				words[i] = ""
			}
		}
		s.line(words)
	}
	return s
}

// fields are the numbers of fields of the lines that begin with a word.
var fields = map[string]int{
	"busy": 1, "repo": 5, "update": 12, "hidden": 4, "advisory": 9, "duplicate": 4, "kernel": 4, "since-boot": 4,
}

func (s *scan) line(w []string) {
	if n, known := fields[w[0]]; !known || len(w) != n {
		return
	}
	switch w[0] {
	case "busy":
		s.busy = true
	case "repo":
		if w[2] == "ok" {
			s.present++
		} else {
			s.missing = append(s.missing, fmt.Sprintf("%s (%s)", parse.Clean(w[1], 80), parse.Clean(w[4], 200)))
		}
	case "update":
		s.update(w)
	case "hidden":
		if parse.RPM().OK(w[1], w[2], w[3]) {
			s.notes = append(s.notes, parse.Note("%s.%s %s is kept back by a version lock or an exclude", w[1], w[2], w[3]))
		}
	case "advisory":
		s.advisory(w)
	case "duplicate":
		s.duplicates = append(s.duplicates, parse.Clean(w[1]+"-"+w[3]+"."+w[2], 120))
	case "kernel":
		if g := parse.RPM(); g.NameOK(w[1]) && g.VersionOK(w[2]) && g.VersionOK(w[3]) {
			s.kernel = w[1:]
		}
	case "since-boot":
		if parse.RPM().NameOK(w[1]) {
			s.sinceBoot = append(s.sinceBoot, w[1])
		}
	}
}

func (s *scan) update(w []string) {
	name, arch, from, to := w[1], w[2], rpm.EVR(w[3]), rpm.EVR(w[4])
	g := parse.RPM()
	if !g.OK(name, arch, to) || from != "" && !g.VersionOK(from) {
		s.notes = append(s.notes, parse.Note("an update was left out, its name or version is not one of rpm: %.80q %.80q", name, to))
		return
	}
	o := rpm.Offer{Name: name, Arch: arch, From: from, To: to, Repo: parse.Clean(w[5], 120)}
	if g.NameOK(w[6]) && g.VersionOK(w[7]) {
		o.Source, o.SourceVersion = w[6], w[7]
	}
	if size, err := strconv.ParseInt(w[8], 10, 64); err == nil && size > 0 {
		o.Size = size
	}
	switch b := inventory.BlockedBy(w[10]); b {
	case inventory.BlockedLocked, inventory.BlockedKeptBack, inventory.BlockedBroken:
		o.BlockedBy = b
	}
	if w[11] != "" {
		s.notes = append(s.notes, parse.Note("%s replaces %s", name, w[11]))
	}
	s.offers = append(s.offers, o)
}

func (s *scan) advisory(w []string) {
	g := parse.RPM()
	if !g.OK(w[1], w[2], w[3]) || !rpm.AdvisoryOK(w[4]) {
		return
	}
	adv := rpm.Advisory{
		Name: w[1], Arch: w[2], Version: rpm.EVR(w[3]), ID: w[4], Type: w[5], Severity: w[6], CVEs: parse.CVEs(w[8]),
	}
	if t, err := time.Parse(time.RFC3339, w[7]); err == nil && t.Year() > 1970 {
		adv.Issued = t
	}
	s.advisories = append(s.advisories, adv)
}

// reboot says whether the host wants a reboot: the word of needs-restarting, or
// without it the published list; and a newer kernel than the running one, which
// a container cannot have.
func reboot(a framing.Answer, s scan) (*bool, []string) {
	reasons, required, known := []string{}, false, false
	if f, ok := a.Get("dnf.reboot"); ok {
		known = f.RC == 0 || f.RC == 1
		if required = f.RC == 1; required {
			reasons = rpm.RestartReasons(f)
			known = len(reasons) > 0 // status 1 is also that of an error
			required = known
		}
	} else if f, ok := a.Get("dnf.scan"); ok && f.RC == 0 {
		known = true
		for _, name := range s.sinceBoot {
			if rebootlist.Match("dnf", name) {
				required = true
				reasons = append(reasons, name+" was updated since the host started")
			}
		}
	}
	if s.kernel != nil && a.Values("dnf.host")["container"] == "no" && rpm.Compare(s.kernel[1], s.kernel[2]) < 0 {
		known, required = true, true
		reasons = append(reasons, fmt.Sprintf("%s %s is installed, %s is running", s.kernel[0], s.kernel[2], s.kernel[1]))
	}
	if !known {
		return nil, nil
	}
	return &required, parse.Set(reasons...)
}
