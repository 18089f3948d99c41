package restore

import (
	"encoding/base32"
	"encoding/binary"
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

// whenLen is how many characters a tag has of a run's id.
const whenLen = 15

var (
	identityShape = regexp.MustCompile(`^([0-9a-f]{6})[0-9a-f]{10}$`)
	originAlone   = regexp.MustCompile(`^[0-9a-f]{6}$`)
	originShape   = regexp.MustCompile(`^patchwave-([0-9a-f]{6})_[A-Za-z0-9_-]{1,15}-[a-z2-7]{7}$`)
)

var tagShape = regexp.MustCompile(`^patchwave-[A-Za-z0-9_-]{1,30}$`)

// Origin is what the tags of a controller's restore points have of the identity of its
// database: its first six hexadecimal digits. "" for what is no such identity.
func Origin(controller string) string {
	if m := identityShape.FindStringSubmatch(controller); m != nil {
		return m[1]
	}
	return ""
}

// IsOrigin reports whether a word can be an origin.
func IsOrigin(s string) bool { return originAlone.MatchString(s) }

// TagOf is the name of the restore point of a run on a host, by a controller of that
// origin:
//
//	patchwave-ORIGIN_YYYYMMDD-HHMMSS-RRRSSSS
//
// RRR tells runs of one second apart, and SSSS is a sum over all that is before it and
// the host, so that two hosts that share a hypervisor, or are one machine under two
// names, do not share a point. At most 40 characters. Without an origin it is Tag.
func TagOf(origin, run, host string) string {
	if origin == "" {
		return Tag(run, host)
	}
	when := strings.TrimPrefix(unsafePath.ReplaceAllString(run, "_"), "r")
	tag := TagPrefix + origin + "_" + when[:min(len(when), whenLen)] + "-" + letters(run, 3)
	return tag + letters(tag+"\x00"+host, 4)
}

// letters are the first n letters and digits of a sum.
func letters(s string, n int) string {
	var sum [4]byte
	binary.BigEndian.PutUint32(sum[:], crc32.ChecksumIEEE([]byte(s)))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:n]
}

// OriginOf is the origin that a tag names; "" for one of the time before, or that
// patchwave has not given.
func OriginOf(tag string) string {
	if m := originShape.FindStringSubmatch(tag); m != nil {
		return m[1]
	}
	return ""
}

// given reports whether a tag is the very one that patchwave gives to a point of a host.
func given(tag, host string) bool {
	if OriginOf(tag) != "" {
		return tag[len(tag)-4:] == letters(tag[:len(tag)-4]+"\x00"+host, 4)
	}
	_, run := runOfTag(tag)
	return run != "" && Tag(run, host) == tag
}

// Tag is the name of the restore point of a run on a host before the origin was in it:
// letters, digits, dashes and underscores, at most 40 characters. The host is in it by
// a sum.
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
