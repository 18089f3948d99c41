package winupdate

import (
	"cmp"
	"strings"

	"patchwave/connectors/framing"
	"patchwave/engine/updates"
	"patchwave/engine/updates/parse"
	"patchwave/inventory"
)

// wingetSaid is what winget printed: all that is installed for the machine and that
// its source knows, and what can be upgraded, each with the exit status.
type wingetSaid struct {
	List         text `json:"list"`
	ListCode     text `json:"list_code"`
	Upgrades     text `json:"upgrades"`
	UpgradesCode text `json:"upgrades_code"`
	Error        text `json:"error"`
}

// wingetFrame is the frame winupdate.winget, or nil.
func wingetFrame(a framing.Answer) *wingetSaid {
	f, ok := a.Get("winupdate.winget")
	if !ok || f.RC != 0 || len(f.Out) > 4*maxWinget {
		return nil
	}
	var said wingetSaid
	if err := decode(f.Out, &said); err != nil {
		return nil
	}
	return &said
}

// wingetAnswered is whether an exit status goes with an answer: it is one, there is
// no such package, or there is no update.
func wingetAnswered(code text) bool {
	return code == "0x00000000" || code == "0x8A150014" || code == "0x8A15002B"
}

// installed is the table of what is installed; empty if winget did not say.
func (s *wingetSaid) installed() wingetTable {
	if s == nil || !wingetAnswered(s.ListCode) {
		return wingetTable{}
	}
	return parseWinget(string(s.List))
}

// offers are the rows of what can be upgraded that agree with what is installed.
func (s *wingetSaid) offers() wingetTable {
	if s == nil || !wingetAnswered(s.UpgradesCode) {
		return wingetTable{}
	}
	have, t := s.installed(), parseWinget(string(s.Upgrades))
	out := wingetTable{refused: t.refused}
	for _, r := range t.rows {
		if row, ok := have.byID(r.id); ok && row.version == r.version && r.available != "" && r.available != r.version {
			out.rows = append(out.rows, r)
		} else {
			out.refused++
		}
	}
	return out
}

// verify is nil where the package is installed in the version; else it goes into
// failed.
func (t wingetTable) verify(name, version string, failed map[string]string) *inventory.Problem {
	row, ok := t.byID(name)
	if (ok && row.version == version) || !parse.Windows().NameOK(name) || len(failed) >= 1000 || failed[name] != "" {
		return nil
	}
	why := "winget says that it is done, and lists it no more, or in words that cannot be read"
	if ok {
		why = "winget says that it is done, and lists version " + row.version + " all the same"
	}
	failed[name] = why
	return parse.Problem(parse.Exit, "%s: %s", name, why)
}

// addWinget adds what winget can upgrade. What has a newer version and cannot be
// upgraded is pinned, or held back otherwise: it is blocked.
func addWinget(said *wingetSaid, l *updates.Listing) {
	if said == nil {
		return
	}
	for _, part := range []struct {
		what string
		code text
	}{{"is installed", said.ListCode}, {"can be upgraded", said.UpgradesCode}} {
		if said.Error != "" || !wingetAnswered(part.code) {
			l.Notes = append(l.Notes, parse.Note("winget did not say what %s: %s", part.what, wingetWhy(said.Error, part.code)))
			return
		}
	}
	taken := map[string]bool{}
	for _, u := range l.Updates {
		taken[strings.ToLower(u.Name)] = true
	}
	have, offers := said.installed(), said.offers()
	refused := max(have.refused, offers.refused)
	add := func(r wingetRow, blocked inventory.BlockedBy) {
		if taken[strings.ToLower(r.id)] {
			refused++
			return
		}
		l.Updates = append(l.Updates, inventory.Update{
			Name: r.id, Title: parse.Clean(r.title, 300), From: r.version, To: r.available, Origins: []string{"winget"}, BlockedBy: blocked,
			Classification: inventory.OtherClass,
		})
	}
	for _, r := range offers.rows {
		add(r, inventory.NotBlocked)
	}
	var pinned []string
	for _, r := range have.rows {
		if _, ok := offers.byID(r.id); !ok && r.available != "" && r.available != r.version && !taken[strings.ToLower(r.id)] {
			add(r, inventory.BlockedLocked)
			pinned = append(pinned, r.id)
		}
	}
	if len(pinned) > 0 {
		l.Notes = append(l.Notes, parse.Note("pinned, or held back otherwise by winget: %s", some(pinned)))
	}
	if refused > 0 {
		l.Notes = append(l.Notes, parse.Note("%d lines of winget are left out: cut, not in their columns, twice there, or with versions that cannot be used", refused))
	}
}

// wingetWhy is what winget's failure means.
func wingetWhy(words, code text) string {
	if words != "" {
		return parse.Clean(string(words), 200)
	}
	if r, ok := Lookup(string(code)); ok {
		return r.String()
	}
	return "it ended with " + cmp.Or(parse.Clean(string(code), 20), "no status")
}

// wingetStatuses are exit statuses of winget, by its list of return codes.
func wingetStatuses() []Result {
	const shut = "close it, or let it update itself"
	return []Result{
		{0x8A15002B, "UPDATE_NOT_APPLICABLE", ClassSuccess, "winget sees no update to make", ""},
		{0x8A150109, "INSTALL_REBOOT_REQUIRED_TO_FINISH", ClassSuccess, "it is installed, and a reboot finishes it", ""},
		{0x8A15010B, "INSTALL_REBOOT_INITIATED", ClassSuccess, "it is installed, and its installer reboots the host", ""},
		{0x8A15010D, "INSTALL_ALREADY_INSTALLED", ClassSkip, "its installer finds another version of it there", "look at the host"},
		{0x8A150008, "DOWNLOAD_FAILED", ClassRetry, "its installer could not be downloaded", askNetwork},
		{0x8A150107, "INSTALL_NO_NETWORK", ClassRetry, "its installer needs the network", askNetwork},
		{0x8A150045, "SOURCE_OPEN_FAILED", ClassRetry, "the source winget cannot be opened", askNetwork},
		{0x8A15000F, "SOURCE_DATA_MISSING", ClassRetry, "the source winget was never fetched for SYSTEM", askNetwork},
		{0x8A150101, "INSTALL_PACKAGE_IN_USE", ClassRetry, "the program is running", shut},
		{0x8A150103, "INSTALL_FILE_IN_USE", ClassRetry, "files of it are in use", shut},
		{0x8A150111, "INSTALL_PACKAGE_IN_USE_BY_APPLICATION", ClassRetry, "another program uses it", shut},
		{0x8A150102, "INSTALL_INSTALL_IN_PROGRESS", ClassRetry, "another installation is under way", "try again later"},
		{0x8A15010A, "INSTALL_REBOOT_REQUIRED_TO_INSTALL", ClassReboot, "it wants a reboot before it is installed", "reboot the host"},
		{0x8A150014, "NO_APPLICATIONS_FOUND", ClassGone, "winget does not find the package", "scan it again"},
		{0x8A150017, "NO_MANIFEST_FOUND", ClassGone, "the source has this version no more", "scan it again"},
		{0x8A150010, "NO_APPLICABLE_INSTALLER", ClassSkip, "there is no installer of it for the whole machine", "install it by hand"},
		{0x8A150041, "PACKAGE_AGREEMENTS_NOT_ACCEPTED", ClassSkip, "it has terms that nobody has accepted", "accept_eula in windows_update does"},
		{0x8A150068, "PACKAGE_IS_PINNED", ClassSkip, "it is pinned on the host", ""},
		{0x8A150056, "INSTALLER_PROHIBITS_ELEVATION", ClassSkip, "its installer refuses administrators", "install it by hand"},
		{0x8A15010C, "INSTALL_CANCELLED_BY_USER", ClassRetry, "it was cancelled", "try again"},
		{0x8A15010E, "INSTALL_DOWNGRADE", ClassGone, "a newer version is installed", "scan it again"},
		{0x8A15003A, "BLOCKED_BY_POLICY", ClassConfig, "a group policy forbids winget", "look at the policies of App Installer"},
		{0x8A15010F, "INSTALL_BLOCKED_BY_POLICY", ClassConfig, "a policy of the host forbids its installation", ""},
		{0x8A150046, "SOURCE_AGREEMENTS_NOT_ACCEPTED", ClassConfig, "the terms of the source are not accepted", "accept_eula in windows_update does"},
		{0x8A150002, "INVALID_CL_ARGUMENTS", ClassConfig, "this winget does not know a word of the command line", "update App Installer on the host"},
		{0x8A150011, "INSTALLER_HASH_MISMATCH", ClassBroken, "what was downloaded is not what the manifest says (hash); it was not run", "wait for a new manifest, or look who sits in between"},
		{0x8A15002D, "INSTALLER_SECURITY_CHECK_FAILED", ClassBroken, "its installer failed the security check; it was not run", "look at the host's virus scanner"},
		{0x8A150105, "INSTALL_DISK_FULL", ClassBroken, "the disk is full", "make room on the system drive"},
		{0x8A150104, "INSTALL_MISSING_DEPENDENCY", ClassBroken, "something that it needs is not there", "install it by hand"},
		{0x8A150108, "INSTALL_CONTACT_SUPPORT", ClassBroken, "its installer failed", "look into the event log of the host"},
		{0xC0000135, "STATUS_DLL_NOT_FOUND", ClassConfig, "winget does not start as SYSTEM: libraries of Visual C++ are not found", "repair App Installer on the host"},
	}
}
