package parse

import "regexp"

// Grammar is the allow-list of one package family: what may be a name, a version
// and an architecture. None of them admits white space, quotes, a leading dash
// or any character that a shell or an option parser would read as more than text.
type Grammar struct {
	Name, Version, Arch *regexp.Regexp
}

// OK says whether the three words may stand in a listing.
func (g Grammar) OK(name, arch, version string) bool {
	return g.NameOK(name) && g.ArchOK(arch) && g.VersionOK(version)
}

// NameOK says whether s may be a package's name.
func (g Grammar) NameOK(s string) bool { return len(s) <= maxWord && g.Name.MatchString(s) }

// VersionOK says whether s may be a version, with its epoch if it has one.
func (g Grammar) VersionOK(s string) bool { return len(s) <= maxWord && g.Version.MatchString(s) }

// ArchOK says whether s may be an architecture.
func (g Grammar) ArchOK(s string) bool { return len(s) <= maxWord && g.Arch.MatchString(s) }

// maxWord bounds a name, version or architecture, in bytes.
const maxWord = 255

var (
	arch = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)

	deb = Grammar{
		Name:    regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9+._-]*$`),
		Version: regexp.MustCompile(`^([0-9]+:)?[0-9A-Za-z][0-9A-Za-z.+~:-]*$`),
		Arch:    arch,
	}

	rpm = Grammar{
		Name:    regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9+._-]*$`),
		Version: regexp.MustCompile(`^([0-9]+:)?[0-9A-Za-z_][0-9A-Za-z._+~^%]*(-[0-9A-Za-z_][0-9A-Za-z._+~^%]*)?$`),
		Arch:    regexp.MustCompile(`^\(?[a-z0-9][a-z0-9_-]*\)?$`),
	}

	pacman = Grammar{
		Name:    regexp.MustCompile(`^[A-Za-z0-9@_+][A-Za-z0-9@._+-]*$`),
		Version: regexp.MustCompile(`^([0-9]+:)?[0-9A-Za-z_.+~]+-[0-9]+(\.[0-9]+)?$`),
		Arch:    arch,
	}

	apk = Grammar{
		Name:    regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9+._-]*$`),
		Version: regexp.MustCompile(`^[0-9][0-9a-z._~]*(-r[0-9]+)?$`),
		Arch:    arch,
	}

	windows = Grammar{
		Name:    regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+-]*$`),
		Version: regexp.MustCompile(`^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.[0-9]{1,10}|[0-9][0-9A-Za-z._+-]{0,60})$`),
		Arch:    regexp.MustCompile(`^$`),
	}
)

// Deb is the grammar of dpkg: Debian Policy 5.6.1 and 5.6.12. dpkg itself
// admits upper case in a name, and so do some vendors.
func Deb() Grammar { return deb }

// RPM is the grammar of rpm. A version is [EPOCH:]VERSION-RELEASE, the release
// may be absent.
func RPM() Grammar { return rpm }

// Pacman is the grammar of pacman: PKGBUILD(5), [EPOCH:]PKGVER-PKGREL.
func Pacman() Grammar { return pacman }

// Apk is the grammar of apk: apk-package(5).
func Apk() Grammar { return apk }

// Windows is the grammar of Windows Update, where a version is UPDATEID.REVISION in
// lower case, of Chocolatey, and of winget. There are no architectures.
func Windows() Grammar { return windows }
