package job

import (
	"crypto/sha256"
	_ "embed" // the scripts
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/powershell"
	"patchwave/connectors/script"
)

//go:embed job.sh
var jobShell string

//go:embed wrap.sh
var wrapShell string

//go:embed job.ps1
var jobPowerShell string

//go:embed wrap.ps1
var wrapPowerShell string

// hostPowerShell and claimPowerShell are parts of job.ps1.
//
//go:embed host.ps1
var hostPowerShell string

//go:embed claim.ps1
var claimPowerShell string

// jobScript is the operations on jobs and claims.
func jobScript() script.Script {
	return script.Script{Name: "job", Version: 1, Sh: jobShell, PowerShell: powershell.Common() + powershell.Task() + hostPowerShell + claimPowerShell + jobPowerShell}
}

// language is what a job is made of in a dialect.
type language struct {
	// wrap is the text of the wrapper, without line feeds at its end.
	wrap string
	// sum is what the host compares the body with.
	sum func([]byte) string
	// sudo and unsupported say what to do about such a refusal.
	sudo, unsupported string
}

func languageOf(d connectors.Dialect) language {
	if d == connectors.DialectPowerShell {
		return language{
			wrap: powershell.Common() + powershell.Program() + wrapPowerShell + "exit (Invoke-WrapMain)",
			sum: func(b []byte) string {
				sum := sha256.Sum256(b)
				return hex.EncodeToString(sum[:])
			},
			sudo:        "log in as an administrator; a local one besides the built-in needs LocalAccountTokenFilterPolicy",
			unsupported: "look at the host with `patchwave exec`",
		}
	}
	return language{wrap: strings.TrimRight(wrapShell, "\n"), sum: cksum,
		sudo: "set become in the connection, or log in as root", unsupported: "install util-linux (flock) on the host"}
}

// Names of the frames a job operation answers with.
const (
	FrameJob = "job"
	FrameLog = "log"
)

// ID names a job, unique for ever: run, host, step and round.
type ID struct {
	Run, Host, Step string
	Round           int
}

var unsafeInID = regexp.MustCompile(`[^A-Za-z0-9_-]`)

// String is the id as it stands on the host and in the journal. It holds only
// letters, digits, dots, dashes and underscores.
func (id ID) String() string {
	clean := func(s string) string { return unsafeInID.ReplaceAllString(s, "_") }
	return fmt.Sprintf("%s.%s.%d.%s", clean(id.Run), clean(id.Step), id.Round, clean(id.Host))
}

// StagePrefix begins the id of a run that only downloads ahead; its claims and jobs
// give way to all others.
const StagePrefix = "stage-"

// YieldFile is the file that makes a download give way, on a host that speaks d and
// whose directory is root; "" is the usual one, on Windows below %ProgramData%.
func (id ID) YieldFile(d connectors.Dialect, root string) string {
	if d == connectors.DialectPowerShell {
		if root == "" {
			root = `%ProgramData%\patchwave`
		}
		return root + `\jobs\` + id.windowsKey() + `\yield`
	}
	if root == "" {
		root = "/var/lib/patchwave-host"
	}
	return root + "/jobs/" + id.String() + "/yield"
}

// windowsKey is the name of the job's directory on Windows, where paths are short:
// Get-JobKey of job.ps1.
func (id ID) windowsKey() string {
	s := id.String()
	if len(s) <= 100 {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	return s[:80] + "-" + hex.EncodeToString(sum[:])[:16]
}

// Claim is what a run says of a host it works on.
type Claim struct {
	// Controller is the id that was made with the controller's database.
	Controller string
	// Run is the id of the run.
	Run string
	// Fence grows with every run of a controller.
	Fence int64
	// TTL is how long the claim stands without a renewal; at least a second.
	TTL time.Duration
	// Dead are runs of this controller whose process is provably gone: their
	// claims may be taken at once.
	Dead []string
}

// DefaultTTL is three renewals a minute apart.
const DefaultTTL = 3 * time.Minute

// State is what the host says of a job.
type State string

// The states of a job.
const (
	// Absent: it was never started here.
	Absent State = "absent"
	// Starting: it was launched and has not taken its lock yet.
	Starting State = "starting"
	Running  State = "running"
	// Done: it ended; RC is its exit status.
	Done State = "done"
	// Collected: it ended, and only its tombstone is left.
	Collected State = "collected"
	// Lost: its process is gone without an exit status.
	Lost State = "lost"
	// LostReboot: the host was rebooted while it ran.
	LostReboot State = "lost-reboot"
)

// Exit statuses with which a job ends before its body began.
const (
	// RCHostLock: another job held the host's lock.
	RCHostLock = 75
	// RCClaim: the claim was taken away before the job began.
	RCClaim = 76
	// RCBoot: the host was rebooted before the job began.
	RCBoot = 77
)

// Status is the state of a job as the host tells it.
type Status struct {
	State State
	// RC is valid in Done and Collected (there -1 if the job had none).
	RC int
	// Size of the log in bytes.
	Size int64
	// BootID is the host's now, JobBootID that at the start of the job.
	BootID, JobBootID string
	// Fresh says that this call started the job.
	Fresh bool
	// Why says, in the state lost, what the host knows of it; may be empty. It is a
	// word of the host: short, on one line, and hostile.
	Why string
}

// Ended reports whether the job works no more.
func (s Status) Ended() bool {
	switch s.State {
	case Done, Collected, Lost, LostReboot:
		return true
	default:
		return false
	}
}
