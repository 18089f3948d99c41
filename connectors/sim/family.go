package sim

// Family is a family of systems.
type Family string

// The families.
const (
	// Debian is Debian 12 with apt.
	Debian Family = ""
	// RedHat is Rocky Linux 9 with dnf 4.
	RedHat Family = "redhat"
	// WindowsFamily is Windows Server 2022, or what Machine.Windows says.
	WindowsFamily Family = "windows"
)

// family is what differs between the families of Linux.
type family interface {
	system
	reader
	installer
}

// system is what a machine is without any work.
type system interface {
	// manager is the name of its package manager, as scan.sh finds it.
	manager() string
	// arch is the architecture of its packages.
	arch() string
	// cache is where its downloads are.
	cache() string
	osRelease() string
	base() []Package
	// kernel is the release that runs unless the machine says otherwise, build
	// what `uname -v` says of a release.
	kernel() string
	build(h *Host, kernel string) string
	// flag reports whether there is a file that says that a reboot is required.
	flag() bool
	compare(a, b string) int
}

// reader answers what only reads. It prints whole frames.
type reader interface {
	refresh(h *Host, a frames, root bool)
	scan(h *Host, a frames, names string)
	simulate(h *Host, a frames, args map[string]string)
}

// installer is the words and ways of a package manager at work.
type installer interface {
	// enclose is the frame around the work of a job.
	enclose(w *worker, script string, work func() int) int
	// misspelled refuses changes that are none.
	misspelled(w *worker) int
	// waiting is what is printed each second that another program holds the lock.
	waiting(w *worker)
	// refuse says why nothing is begun, and with which exit status; 0 if it may.
	refuse(w *worker, allowed []change, s solution) int
	announce(w *worker, s solution)
	remove(w *worker, t step)
	unpack(w *worker, t step)
	// configure is false if the package's script failed.
	configure(w *worker, t step) bool
	// conclude ends a transaction with the exit status of the manager.
	conclude(w *worker, s solution, failed []string) int
	// keeps reports whether the old version of a package can be kept.
	keeps(h *Host, p *installed) bool
	// settle finishes, before a rollback, what was interrupted.
	settle(w *worker)
	// reachable takes out what a rollback has to go without; the status is that of
	// the rollback if it succeeds otherwise.
	reachable(w *worker, allowed []change, wants []want) ([]change, []want, int)
	repair(w *worker) int
}

func familyOf(f Family) family {
	if f == RedHat {
		return redhat{}
	}
	return debian{}
}
