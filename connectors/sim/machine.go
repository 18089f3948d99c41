package sim

import "time"

// Machine is what a machine is made of. The zero value of each field is what a
// small server of its family has. Its slices are shared, never changed: a thousand
// machines may have the same.
type Machine struct {
	// Name is its host name.
	Name string
	// Address is the loopback address it listens on; "" is what the Options say.
	Address string
	Family  Family
	// Packages are installed. None means Base() or BaseRedHat().
	Packages []Package
	// Updates are what the repositories have besides the installed versions. The
	// index on the machine has them too.
	Updates []Offer
	// Services run on it.
	Services []Service
	// Kernel is the release of the running kernel; "" is that of Base.
	Kernel string
	// Password is what sudo asks for, if Faults.Sudo says so.
	Password string
	// IndexAge is the age of the package index; 0 means three hours, less than
	// nothing that there is none.
	IndexAge time.Duration
	// ClockSkew is how far its clock is ahead.
	ClockSkew time.Duration
	// DiskFree is what is free on /, in bytes; 0 means 15 GB.
	DiskFree int64
	// Btrfs: its root is a subvolume of a btrfs, of which snapshots can be made.
	Btrfs bool
	// Uptime is how long it had been running when it was added; 0 is 40 days.
	Uptime time.Duration
	// MAC is the address of its network card, or "": nothing wakes it then.
	MAC string
	// Commands answer command lines that it would not know, in probes too.
	Commands map[string]Reply
	// Settle is how long after a reboot its services are still starting.
	Settle time.Duration
	// Windows is for a machine of that family, which has no Packages, no Updates of
	// packages and no sudo.
	Windows Windows
	Faults  Faults
}

// Reply is the answer to a command line.
type Reply struct {
	Out, Err string
	RC       int
}

// Package is an installed package.
type Package struct {
	// Arch "" is that of the machine: amd64, or x86_64.
	Name, Arch, Version string
	// Auto is the mark of a package that only a dependency wanted.
	Auto bool
	// Held is dpkg's selection "hold", or dnf's version lock.
	Held bool
	// Gone says that the repositories have the installed version no more.
	Gone bool
}

// Offer is a version in the repositories.
type Offer struct {
	// Arch "" is that of the machine: amd64, or x86_64.
	Name, Arch, Version string
	// Source is the source package, "name" or "name (version)"; "" if it has the
	// same name and version.
	Source string
	// Size is that of the package file, in bytes; 0 means some 200 KB.
	Size int64
	// From are the repositories that have it; none means Main, or BaseOS.
	From []Origin
	// Needs are packages that it depends on: "name" in any version, "name=version"
	// in that or a later one. A need that is not installed keeps it back.
	Needs []string
	// Removes are packages that it conflicts with.
	Removes []string
	// Phased, if not 0, is the percentage of machines that are offered it. This
	// machine is not among them. Debian only.
	Phased int
	// Reboot says that its scripts set the reboot flag.
	Reboot bool
	// Kernel is the release of the kernel that it puts into /boot, or "".
	Kernel string
	// Advisory says why it was published; RedHat only.
	Advisory *Advisory
}

// Advisory is one of updateinfo.xml.
type Advisory struct {
	ID string
	// Type is security, bugfix, enhancement or newpackage.
	Type string
	// Severity is the vendor's word: Critical, Important, Moderate, Low, None.
	Severity string
	CVEs     []string
	Updated  time.Time
}

// Origin is one index file of a repository, as apt-cache policy shows it.
type Origin struct {
	// Location is "URI SUITE/COMPONENT ARCH Packages", or that of a repository of
	// rpm packages.
	Location string
	// The fields of the Release file. Label is the id of a repository of rpm
	// packages, which has no other.
	Version, Origin, Archive, Codename, Label string
}

// Service is a unit of systemd, or a service of Windows.
type Service struct {
	// Name is without ".service".
	Name string
	// Port is the TCP port it listens on, or 0.
	Port int
	// Stopped says that it does not run.
	Stopped bool
}

func or[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}
