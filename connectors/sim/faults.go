package sim

import "time"

// Faults is what is wrong with a machine. The zero value is a machine that
// works. What its slices and maps hold must not be changed once a machine has it.
type Faults struct {
	// Unreachable: nothing listens.
	Unreachable bool
	// Silent: it takes connections and never says a word.
	Silent bool
	// HostKeyChanged: it shows another key than Fleet.KnownHosts says.
	HostKeyChanged bool
	// AuthRefused: it lets nobody in.
	AuthRefused bool
	// Sudo is how sudo behaves.
	Sudo Sudo
	// Hang are names of scripts that never end ("scan", "install"), "*" for all.
	Hang []string
	// Flood are names of scripts that print 24 MB, or of jobs that print 8 MB.
	Flood []string
	// CutDuring are scripts of jobs in the middle of which all connections to the
	// machine break, once for each job. The job goes on.
	CutDuring []string
	// HoldDuring are scripts of jobs that stop in their middle until the fault is
	// gone.
	HoldDuring []string
	// KillDuring are scripts of jobs that something kills in their middle.
	KillDuring []string
	// CrashDuring are scripts of jobs in the middle of which the machine reboots
	// by itself.
	CrashDuring []string

	// FailPostinst are packages whose new version cannot be configured; on RedHat,
	// whose script fails and which are installed all the same.
	FailPostinst []string
	// Breaks are services that do not run while a package has another version than
	// it had at first, by the package's name.
	Breaks map[string]string
	// Conffiles are configuration files that somebody has changed, by the package
	// whose new version has another one.
	Conffiles map[string]string
	// Lies are packages that the manager reports as installed and leaves as they were.
	Lies []string
	// CannotKeep are packages whose old version cannot be kept.
	CannotKeep []string
	// AptLock is the name of a program that holds the lock of dpkg or rpm, or "".
	// Host.Unlock ends it.
	AptLock string
	// HostLock: another job holds the lock of the machine.
	HostLock bool
	// Interrupted: dpkg was killed and has left a journal, or rpm and has left
	// packages twice.
	Interrupted bool
	// StaleIndex: the index cannot be refreshed.
	StaleIndex bool
	// DiskFull: nothing can be written.
	DiskFull bool

	// FailActions are command lines that fail in actions, with their exit status.
	FailActions map[string]int
	// Processes run on it besides, by name; Users are logged in.
	Processes, Users []string

	// NoReboot: it is asked to reboot and does not.
	NoReboot bool
	// NoReturn: it goes down to reboot and never comes back.
	NoReturn bool
	// Points is what is wrong with the snapshots of a machine whose root is a btrfs.
	Points PointsFault
	// Hostile: whatever it says is full of escape sequences, false marks and
	// commands.
	Hostile bool
	// Latency is how long it takes before it answers a command.
	Latency time.Duration
	// Windows is for machines of that family.
	Windows WindowsFaults
}

// PointsFault is what is wrong with snapshots.
type PointsFault string

// The faults of snapshots.
const (
	// PointsFull: there is no space left when one is made.
	PointsFull PointsFault = "full"
	// PointsLimit: there are as many as may be.
	PointsLimit PointsFault = "limit"
	// PointsRefuse: the root cannot be swapped.
	PointsRefuse PointsFault = "refuse"
	// PointsBootOld: the boot after a swap takes another subvolume.
	PointsBootOld PointsFault = "bootold"
	// PointsSick: after a swap and its boot no service runs.
	PointsSick PointsFault = "sick"
	// PointsStay: none can be removed.
	PointsStay PointsFault = "stay"
)

// Sudo is how sudo behaves.
type Sudo string

// The behaviours of sudo.
const (
	// SudoFree wants no password.
	SudoFree Sudo = ""
	// SudoPassword wants Machine.Password.
	SudoPassword Sudo = "password"
	// SudoMissing is not installed.
	SudoMissing Sudo = "missing"
	// SudoDenied does not know the user.
	SudoDenied Sudo = "denied"
	// SudoTerminal wants a terminal.
	SudoTerminal Sudo = "terminal"
)
