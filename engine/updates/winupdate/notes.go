package winupdate

import (
	"strings"

	"patchwave/connectors/framing"
	"patchwave/engine/updates"
	"patchwave/engine/updates/parse"
)

// reasons are the words for what says that a host waits for a reboot.
func reasons(code string) string {
	switch code {
	case "cbs:RebootPending":
		return "Windows servicing waits for a reboot"
	case "cbs:RebootInProgress":
		return "Windows servicing is in the middle of a reboot"
	case "cbs:PackagesPending":
		return "packages of Windows are half installed until a reboot"
	case "wu:RebootRequired":
		return "Windows Update asks for a reboot"
	case "server-manager":
		return "a role or feature waits for a reboot"
	case "dvd":
		return "a setup of Windows has asked for a reboot"
	case "update-exe":
		return "an installer of updates waits for a reboot"
	case "rename":
		return "the computer gets its new name at a reboot"
	case "domain-join":
		return "joining a domain waits for a reboot"
	case "sccm":
		return "the client of Configuration Manager waits for a reboot"
	case "cbs:Busy":
		return "Windows servicing is at work"
	case "wu:ServicesPending":
		return "a service of Windows Update is to be registered"
	case "wu:PostRebootReporting":
		return "Windows Update has yet to report about the last reboot"
	case "file-rename":
		return "some program wants files renamed at the next reboot"
	default:
		return ""
	}
}

// readReboot reads winupdate.reboot, and what the update agent itself says.
func readReboot(a framing.Answer, said answer, l *updates.Listing) {
	frame, ok := a.Get("winupdate.reboot")
	if !ok || frame.RC != 0 {
		return
	}
	var weak []string
	for _, line := range frame.Lines() {
		strength, code, _ := strings.Cut(line, "\t")
		words := reasons(code)
		switch {
		case words == "":
		case strength == "strong" || strength == "medium":
			l.RebootReasons = append(l.RebootReasons, words)
		case strength == "weak":
			weak = append(weak, words)
		}
	}
	// what the agent said before the last boot is over
	boot := a.Values("facts")["boot_id"]
	if said.RebootRequired != nil && bool(*said.RebootRequired) && boot != "" && boot == string(said.BootID) && len(l.RebootReasons) == 0 {
		l.RebootReasons = append(l.RebootReasons, "the update agent asks for a reboot")
	}
	l.RebootReasons = parse.Set(l.RebootReasons...)
	if len(weak) > 0 {
		l.Notes = append(l.Notes, parse.Note("no reason for a reboot by itself: %s", strings.Join(parse.Set(weak...), "; ")))
	}
	required := len(l.RebootReasons) > 0
	l.RebootRequired = &required
}

// policyNotes says what the host's own policies have Windows Update do.
func policyNotes(v map[string]string) []string {
	var out []string
	if v["use_wu_server"] == "1" && v["wu_server"] != "" {
		out = append(out, parse.Note("updates come from the WSUS server %s, by the host's policy", parse.Clean(v["wu_server"], 200)))
	}
	if v["no_auto_update"] != "1" && (v["au_options"] == "4" || v["au_options"] == "5") {
		out = append(out, "Windows may install updates and reboot by itself (AUOptions "+v["au_options"]+"); that can come in between")
	}
	if v["disable_access"] == "1" {
		out = append(out, "a policy of the host shuts off access to Windows Update (DisableWindowsUpdateAccess)")
	}
	if v["service"] == "4" {
		out = append(out, "the service wuauserv is disabled; nothing can be installed")
	}
	return out
}

// listNotes says what is not right with a listing that can be used.
func listNotes(said answer) []string {
	var out []string
	for i, w := range said.Warnings {
		if i == 5 {
			out = append(out, parse.Note("and %d warnings more", len(said.Warnings)-i))
			break
		}
		r, known := Lookup(string(w.HResult))
		meaning := parse.Clean(string(w.HResult), 20)
		if known {
			meaning = r.String()
		}
		out = append(out, parse.Note("the search succeeded with a warning: %s (%s)", parse.Clean(string(w.Message), 200), meaning))
	}
	if said.Code == 3 && len(said.Warnings) == 0 {
		out = append(out, "the search succeeded with errors that Windows does not name")
	}
	if said.Hollow > 0 {
		out = append(out, parse.Note("%d updates have no content; Windows Update on this host needs repair", said.Hollow))
	}
	if said.Cut > 0 {
		out = append(out, parse.Note("%d updates more are pending than could be told", said.Cut))
	}
	if said.LanguageMode != "" && said.LanguageMode != "FullLanguage" {
		out = append(out, parse.Note("PowerShell is constrained (%s) on this host; Windows Update can hardly be asked so", said.LanguageMode))
	}
	if said.ChocoError != "" {
		out = append(out, parse.Note("Chocolatey did not say what is outdated: %s", said.ChocoError))
	}
	return out
}
