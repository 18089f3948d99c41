package sim

import "time"

// Windows is what a machine of the family Windows has, besides what every machine
// has. The zero value is Windows Server 2022 with nothing on offer.
type Windows struct {
	// Client is Windows 11; else it is Windows Server.
	Client bool
	// Build is the version of the system; "" is 10.0.20348.2762, or 10.0.26100.2033
	// of a client.
	Build string
	// HTTPS serves WinRM over TLS, with a certificate of the machine's own; else it
	// is HTTP, and messages are sealed.
	HTTPS bool
	// Updates are what Windows Update has for it, Installed what is on it.
	Updates, Installed []WindowsUpdate
	// Winget are programs that winget knows; none means that the machine has no winget.
	Winget []WingetPackage
	// SourceTerms: the source of winget has terms of its own, which nobody accepted yet.
	SourceTerms bool
	// Catalogue is the file in %ProgramData%\patchwave\offline, which names the security
	// updates; "" is none.
	Catalogue string
	// Pending are reasons for which it wants a reboot from the beginning.
	Pending []Reason
	// Source is where updates come from: SourceMicrosoft, or SourceWSUS.
	Source string
	// Protected says since when it has a restore point; 0 means never.
	Protected time.Duration
	// Settling is how long after a boot the machine still configures updates: WinRM
	// answers, and nothing else does. 0 means a quarter of Options.RebootTime.
	Settling time.Duration
}

// Where updates come from.
const (
	SourceMicrosoft = ""
	SourceWSUS      = "wsus"
)

// Reason is what asks for a reboot, by the place where it stands.
type Reason string

// The reasons.
const (
	ReasonServicing  Reason = "component-servicing"
	ReasonUpdate     Reason = "windows-update"
	ReasonRename     Reason = "computer-rename"
	ReasonFileRename Reason = "file-rename"
)

// WindowsUpdate is an update as Windows Update knows it.
type WindowsUpdate struct {
	// ID is its UpdateID, a GUID in lower case; Revision is its RevisionNumber.
	ID       string
	Revision int
	// KBs are numbers without "KB".
	KBs []string
	// Title is in the language of the machine.
	Title string
	// Class is the GUID of its classification; the constants are some.
	Class string
	// Products are names of the products that it is for, in the language of the
	// machine.
	Products []string
	// Severity is Microsoft's word: Critical, Important, Moderate, Low, or "".
	Severity string
	CVEs     []string
	// Supersedes are UpdateIDs.
	Supersedes []string
	// EULA says that it has a licence that nobody has accepted yet.
	EULA bool
	// Exclusive: it must be installed alone. Input: it may ask the user. Optional: it
	// is a preview, which nobody needs. Driver: it is no software.
	Exclusive, Input, Optional, Driver bool
	Reboot                             RebootBehavior
	// Permanent says that it cannot be taken off again.
	Permanent bool
	// Build is the build that the system has with it, from the next boot on; "" if it
	// leaves it as it is.
	Build     string
	Size      int64
	Published time.Time
}

// RebootBehavior is what an update says of reboots.
type RebootBehavior int

// The behaviours. An update that can want one wants it here.
const (
	RebootNever RebootBehavior = iota
	RebootAlways
	RebootCanWant
)

// Classifications, by their GUIDs.
const (
	ClassSecurity   = "0fa1201d-4330-4fa8-8ae9-b877473b6441"
	ClassCritical   = "e6cf1350-c01b-414d-a61f-263d14d133b4"
	ClassRollup     = "28bc880e-0592-4cbf-8f95-c79b17911d5f"
	ClassDefinition = "e0789628-ce08-4437-be74-2495b842f43b"
	ClassFeature    = "b54e7d24-7add-428f-8b75-90a396fa584f"
	ClassUpdate     = "cd5ffd1e-e932-4e3a-bf74-18bf0b1bbd83"
	ClassTool       = "b4832bd8-e735-4761-8daf-37f882276dab"
	ClassDriver     = "ebfc1fc5-71a4-4f7b-9aca-3b9a503104a0"
)

// WindowsFaults is what is wrong with a machine of the family Windows, besides what
// can be wrong with every machine. Updates are named by their UpdateID, or by
// "KB" and the number.
type WindowsFaults struct {
	// Fails are updates that cannot be installed, with the HRESULT.
	Fails map[string]uint32
	// RollsBack are updates that are installed, and undone by the reboot.
	RollsBack []string
	// Forever are updates that are installed, and offered again all the same.
	Forever []string
	// NotWithdrawn are updates that cannot be uninstalled.
	NotWithdrawn []string
	// SlowSearch is how often the machine answers that its search for updates still
	// runs, each time that one is begun.
	SlowSearch int
	// SearchFails is the HRESULT with which a search ends; 0 is none.
	SearchFails uint32
	// SecondReboot: after each reboot that was asked for it reboots once more by
	// itself.
	SecondReboot bool
	// DriveAsks: its system drive asks for a PIN at every start.
	DriveAsks bool
	// NeverReady: after a reboot it never finishes configuring updates.
	NeverReady bool
	// NoProtection: restore points cannot be made on it.
	NoProtection bool
	// OncePerDay: no restore point is made within a day of the last one. RestoreFails:
	// going back to one does not complete.
	OncePerDay, RestoreFails bool
	// Logs are errors that the event log has from the boot on which completes an update,
	// "PROVIDER ID" by its name.
	Logs map[string]string
	// Restricted: its PowerShell runs in the constrained language mode.
	Restricted bool
}
