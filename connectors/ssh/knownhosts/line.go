package knownhosts

import (
	"encoding/base64"
	"encoding/binary"
	"strings"
)

type marker uint8

const (
	markNone marker = iota
	markCA
	markRevoked
)

// line is one parsed line. All strings are parts of the file's text.
type line struct {
	marker marker
	// hosts is the comma-separated list of patterns, or one hashed name.
	hosts string
	typ   string
	// blob is the key in base64, checked as far as checkBlob goes.
	blob string
}

// parseLine reads one line without its end. ok is false for a blank line or a
// comment, and for a line that cannot be read; problem then says why.
func parseLine(s string) (l line, ok bool, problem string) {
	s = strings.TrimRight(s, " \t\r")
	word, rest := nextWord(strings.TrimLeft(s, " \t"))
	if word == "" || word[0] == '#' {
		return line{}, false, ""
	}
	if word[0] == '@' {
		switch word {
		case "@cert-authority":
			l.marker = markCA
		case "@revoked":
			l.marker = markRevoked
		default:
			return line{}, false, "unknown marker; there are @cert-authority and @revoked"
		}
		word, rest = nextWord(rest)
		if word != "" && word[0] == '@' {
			return line{}, false, "two markers on a line"
		}
	}
	l.hosts = word
	l.typ, rest = nextWord(rest)
	l.blob, _ = nextWord(rest)
	if l.hosts == "" || l.typ == "" || l.blob == "" {
		return line{}, false, "not a line of host names, key type and key"
	}
	if l.marker == markRevoked {
		return l, true, "" // rare, and decoded in full when it is indexed
	}
	if problem := checkBlob(l.typ, l.blob); problem != "" {
		return line{}, false, problem
	}
	return l, true, ""
}

// nextWord cuts at blanks and tabs. It searches for single bytes, for most of a
// file is keys and that is what the processor does fastest.
func nextWord(s string) (word, rest string) {
	end := strings.IndexByte(s, ' ')
	if end < 0 {
		end = len(s)
	}
	if tab := strings.IndexByte(s[:end], '\t'); tab >= 0 {
		end = tab
	}
	word, rest = s[:end], s[end:]
	for rest != "" && (rest[0] == ' ' || rest[0] == '\t') {
		rest = rest[1:]
	}
	return word, rest
}

// blobHead is how much of a key's base64 is looked at when a file is loaded: it
// holds the longest supported type name.
const blobHead = 44

// checkBlob looks whether a key is of the type that stands before it and has
// the length of that type, without decoding all of it.
func checkBlob(typ, blob string) string {
	want, known := blobLen(typ)
	if !known {
		return "key type is not supported"
	}
	if len(blob)%4 != 0 || (want > 0 && len(blob) != want) {
		return "key is cut short or too long"
	}
	var src [blobHead]byte
	var dst [blobHead / 4 * 3]byte
	n, err := base64.StdEncoding.Decode(dst[:], src[:copy(src[:], blob)])
	if err != nil {
		return "key is not base64"
	}
	if n < 4+len(typ) || binary.BigEndian.Uint32(dst[:4]) != uint32(len(typ)) || string(dst[4:4+len(typ)]) != typ {
		return "key is of another type than the word before it"
	}
	return ""
}

// blobLen returns the length in base64 of a key of a type, 0 if it varies, and
// whether the type can be used as a host key at all. The layouts are those of
// RFC 4253 §6.6, RFC 5656 §3.1, RFC 8709 §4 and PROTOCOL.u2f of OpenSSH.
func blobLen(typ string) (length int, known bool) {
	switch typ {
	case "ssh-ed25519":
		return 68, true
	case "ecdsa-sha2-nistp256":
		return 140, true
	case "ecdsa-sha2-nistp384":
		return 184, true
	case "ecdsa-sha2-nistp521":
		return 232, true
	case "ssh-rsa", "ssh-dss", "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com":
		return 0, true
	default:
		return 0, false
	}
}
