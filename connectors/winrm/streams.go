package winrm

import (
	"bytes"
	"encoding/base64"
	"strconv"
	"strings"
)

const (
	// leastCut is the length of a text that is worth being cut out, in bytes.
	leastCut = 128
	// cutMark begins the name of a text that was cut out. It is not of the alphabet
	// of base64.
	cutMark = '!'
)

// cutStreams takes texts of Stream elements out of a reply, if they have least bytes,
// and leaves their names ("!0", "!1", …) there: they can be nearly all of it, and
// encoding/xml looks at each byte several times. A text that holds markup or
// references stays where it is.
// A comment or a CDATA section that looks like an element loses its text too: there
// it is either not looked at, or is no base64.
func cutStreams(body []byte, least int) (short []byte, texts [][]byte) {
	from := 0
	for at := 0; ; {
		gt := bytes.IndexByte(body[at:], '>')
		if gt < 0 {
			break
		}
		start := at + gt + 1
		length := bytes.IndexByte(body[start:], '<')
		if length < 0 {
			break
		}
		end, tag := start+length, body[at:start]
		at = end
		text := body[start:end]
		if length < least || !bytes.HasPrefix(body[end:], []byte("</")) || !opensStream(tag) || bytes.IndexByte(text, '&') >= 0 || bytes.IndexByte(text, '>') >= 0 {
			continue
		}
		short = append(short, body[from:start]...)
		short = append(short, cutMark)
		short = strconv.AppendInt(short, int64(len(texts)), 10)
		texts = append(texts, text)
		from = end
	}
	if texts == nil {
		return body, nil
	}
	return append(short, body[from:]...), texts
}

// opensStream reports whether a tag, which ends with ">", opens an element of the
// local name Stream.
func opensStream(tag []byte) bool {
	tag = tag[bytes.LastIndexByte(tag, '<')+1:]
	if bytes.HasSuffix(tag, []byte("/>")) {
		return false
	}
	name := tag[:max(0, bytes.IndexAny(tag, " \t\r\n>"))]
	return string(name[bytes.LastIndexByte(name, ':')+1:]) == "Stream"
}

// appendStream appends what the text of a Stream element stands for. A text that was
// cut out is given once, so that output is never longer than the reply.
func (e *envelope) appendStream(to []byte, data string) ([]byte, error) {
	text := []byte(strings.TrimSpace(data))
	if len(text) > 0 && text[0] == cutMark {
		n, err := strconv.ParseUint(string(text[1:]), 10, 31)
		if err != nil || n >= uint64(len(e.texts)) || e.texts[n] == nil {
			return to, errReply
		}
		text, e.texts[n] = bytes.TrimSpace(e.texts[n]), nil
	}
	return base64.StdEncoding.AppendDecode(to, text)
}
