package restore

import (
	"fmt"
	"hash/crc32"
	"regexp"
	"strings"
)

// TagPrefix begins the name of every restore point of patchwave. What does not
// begin so belongs to somebody else and is never touched.
const TagPrefix = "patchwave-"

// maxTag is what all providers take: Proxmox takes 40 characters.
const maxTag = 40

var tagShape = regexp.MustCompile(`^patchwave-[A-Za-z0-9_-]{1,30}$`)

// Tag is the name of the restore point of a run on a host: letters, digits, dashes
// and underscores, at most 40 characters. The host is in it by a sum, so that two
// hosts that share a hypervisor, or are one machine under two names, do not share
// a point.
func Tag(run, host string) string {
	clean := unsafePath.ReplaceAllString(run, "_")
	sum := fmt.Sprintf("-%06x", crc32.ChecksumIEEE([]byte(run+"\x00"+host))&0xffffff)
	room := maxTag - len(TagPrefix) - len(sum)
	if len(clean) > room {
		clean = clean[:room]
	}
	return TagPrefix + clean + sum
}

// OwnTag reports whether a name is one of patchwave's.
func OwnTag(s string) bool { return tagShape.MatchString(s) }

// Line makes one bounded line without control characters of what a host said.
func Line(s string) string {
	const most = 300
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	s = strings.TrimSpace(s)
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
