package rpm

import (
	"strings"

	"patchwave/engine/updates/parse"
)

// NEVRA is one exact package. Version is [EPOCH:]VERSION-RELEASE without an
// epoch of 0, as dnf prints and accepts it.
type NEVRA struct {
	Name, Version, Arch string
}

// ParseNEVRA reads NAME-[EPOCH:]VERSION-RELEASE.ARCH and also the older spelling
// with the epoch in front of the name. It fails if a part does not match the
// grammar of rpm.
func ParseNEVRA(s string) (NEVRA, bool) {
	epoch := ""
	if e, rest, ok := strings.Cut(s, ":"); ok && !strings.Contains(e, "-") {
		epoch, s = e, rest
	}
	dot := strings.LastIndexByte(s, '.')
	if dot < 0 {
		return NEVRA{}, false
	}
	s, arch := s[:dot], s[dot+1:]
	release := strings.LastIndexByte(s, '-')
	if release < 0 {
		return NEVRA{}, false
	}
	version := strings.LastIndexByte(s[:release], '-')
	if version < 0 {
		return NEVRA{}, false
	}
	evr := s[version+1:]
	if strings.Contains(evr, ":") && (epoch != "" || strings.HasPrefix(evr, ":") || strings.Count(evr, ":") > 1) {
		return NEVRA{}, false // one epoch at most
	}
	if epoch != "" {
		evr = epoch + ":" + evr
	}
	n := NEVRA{Name: s[:version], Version: EVR(evr), Arch: arch}
	return n, parse.RPM().OK(n.Name, n.Arch, n.Version)
}

// EVR drops an epoch of 0.
func EVR(s string) string {
	if e, rest, ok := strings.Cut(s, ":"); ok && strings.Trim(e, "0") == "" {
		return rest
	}
	return s
}
