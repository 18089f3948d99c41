package winrm

import (
	"bytes"
	"encoding/xml"
	"strconv"
	"strings"
	"unicode/utf16"
)

// PowerShell writes its error stream as CLIXML (MS-PSRP, 2.2.5) when standard error
// is no console: a first line, then documents with one element for each piece.
const (
	clixmlMark  = "#< CLIXML"
	clixmlBegin = "<Objs "
	clixmlEnd   = "</Objs>"
)

// plainErrors makes text of what a host wrote to standard error: CLIXML is decoded,
// its progress records are dropped, anything else stays as it is. It never fails: of
// a damaged or cut off document it gives what can be read.
func plainErrors(b []byte) []byte {
	if !bytes.Contains(b, []byte(clixmlBegin)) && !bytes.HasPrefix(b, []byte(clixmlMark)) {
		return b
	}
	var out []byte
	for {
		before, rest, found := bytes.Cut(b, []byte(clixmlBegin))
		out = append(out, withoutMark(before)...)
		if !found {
			return out
		}
		document, after, whole := bytes.Cut(rest, []byte(clixmlEnd))
		out = appendErrors(out, document)
		if !whole {
			return out
		}
		b = bytes.TrimLeft(after, "\r\n")
	}
}

// withoutMark drops the first line of CLIXML from what stands before a document.
func withoutMark(b []byte) []byte {
	at := bytes.LastIndex(b, []byte(clixmlMark))
	if at < 0 || len(bytes.TrimSpace(b[at+len(clixmlMark):])) > 0 {
		return b
	}
	return b[:at]
}

// appendErrors appends the text of the pieces that are no progress, and not for
// debugging.
func appendErrors(out, document []byte) []byte {
	d := xml.NewDecoder(bytes.NewReader(append([]byte(clixmlBegin), bytes.ToValidUTF8(document, []byte("\uFFFD"))...)))
	d.Strict = false
	wanted := 0
	for depth := 0; ; {
		token, err := d.Token()
		if err != nil {
			return out
		}
		switch t := token.(type) {
		case xml.StartElement:
			depth++
			// Only direct children: progress is an object with strings in it.
			if depth == 2 && t.Name.Local == "S" && speaks(t) {
				wanted = depth
			}
		case xml.EndElement:
			if depth == wanted {
				wanted = 0
			}
			depth--
		case xml.CharData:
			if wanted > 0 && depth == wanted {
				out = append(out, unescape(string(t))...)
			}
		}
	}
}

// speaks reports whether an element is of a stream that is for the reader.
func speaks(e xml.StartElement) bool {
	for _, a := range e.Attr {
		if a.Name.Local == "S" {
			return strings.EqualFold(a.Value, "Error") || strings.EqualFold(a.Value, "Warning")
		}
	}
	return false
}

// escapeSize is the length of _xHHHH_.
const escapeSize = 7

// unescape replaces _xHHHH_ by the UTF-16 unit it stands for; two of them may be one
// character.
func unescape(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	var b strings.Builder
	var pending []uint16
	flush := func() {
		b.WriteString(string(utf16.Decode(pending)))
		pending = pending[:0]
	}
	for len(s) > 0 {
		if unit, ok := escaped(s); ok {
			pending = append(pending, unit)
			s = s[escapeSize:]
			continue
		}
		flush()
		next := strings.Index(s[1:], "_x") + 1
		if next == 0 {
			next = len(s)
		}
		b.WriteString(s[:next])
		s = s[next:]
	}
	flush()
	return b.String()
}

// escaped reads one escape at the beginning of s.
func escaped(s string) (uint16, bool) {
	if len(s) < escapeSize || s[0] != '_' || s[1] != 'x' || s[escapeSize-1] != '_' {
		return 0, false
	}
	n, err := strconv.ParseUint(s[2:escapeSize-1], 16, 16)
	return uint16(n), err == nil
}
