package inventory

import "time"

// Classification says what kind of update it is.
type Classification string

// The closed list of classifications.
const (
	Security    Classification = "security"
	Bugfix      Classification = "bugfix"
	Enhancement Classification = "enhancement"
	Driver      Classification = "driver"
	Feature     Classification = "feature"
	Definition  Classification = "definition"
	OtherClass  Classification = "other"
)

// Classifications lists them all, in order.
func Classifications() []Classification {
	return []Classification{Security, Bugfix, Enhancement, Driver, Feature, Definition, OtherClass}
}

// Severity says how bad it is not to have the update.
type Severity string

// The closed list of severities.
const (
	Critical        Severity = "critical"
	Important       Severity = "important"
	Moderate        Severity = "moderate"
	Low             Severity = "low"
	UnknownSeverity Severity = "unknown"
)

// Severities lists them all, worst first.
func Severities() []Severity {
	return []Severity{Critical, Important, Moderate, Low, UnknownSeverity}
}

// BlockedBy says what on the host itself keeps an update back.
type BlockedBy string

// What can keep an update back; "" is nothing.
const (
	NotBlocked BlockedBy = ""
	// BlockedHeld is apt-mark hold or its like.
	BlockedHeld BlockedBy = "held"
	// BlockedKeptBack needs packages installed or removed.
	BlockedKeptBack BlockedBy = "kept-back"
	// BlockedPhased is not yet offered to this machine.
	BlockedPhased BlockedBy = "phased"
	// BlockedLocked is a version lock, a zypper lock, IgnorePkg.
	BlockedLocked BlockedBy = "locked"
	// BlockedBroken cannot be resolved.
	BlockedBroken BlockedBy = "broken"
)

// Update is one pending update of one package on one host, or one that was
// looked for. Fields the host's package manager does not know are empty.
type Update struct {
	Name string `json:"name"`
	Arch string `json:"arch"`
	// Title is what the source calls it, in the host's own language; "" where the
	// name says it all.
	Title string `json:"title,omitempty"`
	// From is the installed version; "" if the update installs a package anew.
	From string `json:"from"`
	// To is the version on offer, in the manager's own spelling, epoch included.
	To string `json:"to"`
	// Source is the source package (deb) or source rpm's name; SourceVersion its
	// version on offer.
	Source        string `json:"source"`
	SourceVersion string `json:"source_version,omitempty"`
	// Origins are where it comes from: "Debian-Security:12/oldstable-security"
	// for apt, the repository's id elsewhere.
	Origins        []string       `json:"origins"`
	Classification Classification `json:"classification"`
	Severity       Severity       `json:"severity"`
	// SeveritySource is "metadata" where the package manager knows the severity, or
	// the imported feed that fills it: "osv", "debian-tracker". It is set when
	// an update is decided about, not by a scan.
	SeveritySource string `json:"severity_source,omitempty"`
	// Advisories, CVEs and KBs are sorted and without duplicates, never nil in
	// JSON.
	Advisories []string `json:"advisories"`
	CVEs       []string `json:"cves"`
	KBs        []string `json:"kbs"`
	// Size is the download in bytes, 0 if unknown.
	Size int64 `json:"size"`
	// Reboot says that it needs a reboot; RebootSource is "metadata" or
	// "published-list" where that was learned.
	Reboot       bool   `json:"reboot"`
	RebootSource string `json:"reboot_source,omitempty"`
	// BlockedBy is null in JSON when empty.
	BlockedBy BlockedBy `json:"-"`
	// Published is the update's own date; zero if the source gives none.
	Published time.Time `json:"-"`
}

// Key names a package on a host: its name and architecture.
type Key struct {
	Name, Arch string
}

// Key returns the key of u.
func (u Update) Key() Key { return Key{u.Name, u.Arch} }
