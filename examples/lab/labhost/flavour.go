package labhost

import "slices"

// Flavour names the package manager of a guest.
type Flavour string

// The flavours: apt 2.6 (Debian 12), dnf 4.14 (dressed as AlmaLinux 9), zypper
// 1.14 (dressed as openSUSE Leap 15) and pacman 6.0 (dressed as Arch Linux).
const (
	Apt    Flavour = "apt"
	Dnf    Flavour = "dnf"
	Zypper Flavour = "zypper"
	Pacman Flavour = "pacman"
)

// Flavours lists all of them.
func Flavours() []Flavour { return []Flavour{Apt, Dnf, Zypper, Pacman} }

// repository names the kind of repository that a flavour reads.
func (f Flavour) repository() string {
	if f == Dnf || f == Zypper {
		return "rpm"
	}
	return string(f)
}

func (f Flavour) valid() bool { return slices.Contains(Flavours(), f) }
