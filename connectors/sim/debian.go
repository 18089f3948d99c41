package sim

import "fmt"

// Main is Debian's main archive.
func Main() Origin {
	return Origin{Location: "http://mirror.example/debian bookworm/main amd64 Packages",
		Version: "12.15", Origin: "Debian", Archive: "oldstable", Codename: "bookworm", Label: "Debian"}
}

// Updates is Debian's archive of updates between point releases.
func Updates() Origin {
	return Origin{Location: "http://mirror.example/debian bookworm-updates/main amd64 Packages",
		Version: "12-updates", Origin: "Debian", Archive: "oldstable-updates", Codename: "bookworm-updates", Label: "Debian"}
}

// Security is Debian's archive of security updates.
func Security() Origin {
	return Origin{Location: "http://mirror.example/debian-security bookworm-security/main amd64 Packages",
		Version: "12", Origin: "Debian", Archive: "oldstable-security", Codename: "bookworm-security", Label: "Debian-Security"}
}

// release is the line "release" of apt-cache policy.
func (o Origin) release() string {
	line := ""
	for _, f := range [][2]string{{"v", o.Version}, {"o", o.Origin}, {"a", o.Archive}, {"n", o.Codename}, {"l", o.Label}, {"c", "main"}, {"b", native}} {
		if f[1] == "" {
			continue
		}
		if line != "" {
			line += ","
		}
		line += f[0] + "=" + f[1]
	}
	return line
}

// shown is how apt writes it in "Inst" rows: LABEL:VERSION/SUITE.
func (o Origin) shown() string {
	s := o.Archive
	if o.Version != "" {
		s = o.Version + "/" + s
	}
	return o.Label + ":" + s
}

// native is the architecture of the packages.
const native = "amd64"

// debian is the family of that name.
type debian struct{}

var _ family = debian{}

func (debian) manager() string         { return "apt" }
func (debian) arch() string            { return native }
func (debian) cache() string           { return "/var/cache/apt/archives" }
func (debian) osRelease() string       { return osRelease }
func (debian) base() []Package         { return Base() }
func (debian) kernel() string          { return baseKernel }
func (debian) flag() bool              { return true }
func (debian) compare(a, b string) int { return compareVersions(a, b) }

// build has the version of the kernel's package in it.
func (debian) build(h *Host, kernel string) string {
	version := baseImage
	if p := h.packages["linux-image-"+kernel]; p != nil {
		version = p.version
	}
	return fmt.Sprintf("#1 SMP PREEMPT_DYNAMIC Debian %s (2026-10-05)", version)
}

// baseKernel and baseImage are the kernel of a machine and the version of its
// package.
const (
	baseKernel = "6.1.0-41-amd64"
	baseImage  = "6.1.158-1"
)

// Base are the packages of a small Debian 12 server.
func Base() []Package {
	return []Package{
		{Name: "apt", Version: "2.6.1"},
		{Name: "base-files", Version: "12.4+deb12u12"},
		{Name: "bash", Version: "5.2.15-2+b8"},
		{Name: "ca-certificates", Arch: "all", Version: "20230311+deb12u1"},
		{Name: "coreutils", Version: "9.1-1"},
		{Name: "curl", Version: "7.88.1-10+deb12u12"},
		{Name: "dpkg", Version: "1.21.22"},
		{Name: "libc6", Version: "2.36-9+deb12u10"},
		{Name: "libcurl4", Version: "7.88.1-10+deb12u12", Auto: true},
		{Name: "libssl3", Version: "3.0.17-1~deb12u2", Auto: true},
		{Name: "linux-image-" + baseKernel, Version: baseImage, Auto: true},
		{Name: "linux-image-amd64", Version: baseImage},
		{Name: "openssh-server", Version: "1:9.2p1-2+deb12u7"},
		{Name: "openssl", Version: "3.0.17-1~deb12u2"},
		{Name: "sudo", Version: "1.9.13p3-1+deb12u2"},
		{Name: "systemd", Version: "252.39-1~deb12u1"},
		{Name: "tzdata", Arch: "all", Version: "2025b-0+deb12u1"},
	}
}

const osRelease = `PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
VERSION="12 (bookworm)"
VERSION_CODENAME=bookworm
ID=debian
HOME_URL="https://www.debian.org/"
SUPPORT_URL="https://www.debian.org/support"
BUG_REPORT_URL="https://bugs.debian.org/"
`
