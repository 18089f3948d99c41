package wsman

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
)

// longText is from what length on a text is lifted, in bytes.
const longText = 1 << 10

// lift takes what Stream elements hold out of a request, where that is long, and puts
// numbers in its place: #0, #1, … A decoder of XML takes a hundred times as long for
// it as all that is done with it otherwise. Text with references or markup is left.
func lift(request []byte) (rest []byte, lifted [][]byte) {
	var b bytes.Buffer
	for request != nil {
		tag, after, found := bytes.Cut(request, []byte(">"))
		b.Write(tag)
		if !found {
			break
		}
		b.WriteByte('>')
		n := bytes.IndexByte(after, '<')
		if n >= longText && bytes.HasPrefix(after[n:], []byte("</")) && isStream(tag) && bytes.IndexByte(after[:n], '&') < 0 && bytes.IndexByte(after[:n], '>') < 0 {
			b.WriteString("#" + strconv.Itoa(len(lifted)))
			lifted = append(lifted, after[:n])
			after = after[n:]
		}
		request = after
	}
	return b.Bytes(), lifted
}

// isStream reports whether a tag, without its last character, begins an element
// called Stream.
func isStream(tag []byte) bool {
	words := strings.Fields(string(tag[bytes.LastIndexByte(tag, '<')+1:]))
	return len(words) > 0 && !strings.HasSuffix(words[len(words)-1], "/") &&
		(words[0] == "Stream" || strings.HasSuffix(words[0], ":Stream"))
}

var errLifted = errors.New("no such text")

// data are the bytes of a Stream element.
func (r *request) data(text string) ([]byte, error) {
	text = strings.TrimSpace(text)
	number, ok := strings.CutPrefix(text, "#")
	if !ok {
		return base64.StdEncoding.DecodeString(text)
	}
	n, err := strconv.ParseUint(number, 10, 31)
	if err != nil || n >= uint64(len(r.lifted)) {
		return nil, errLifted
	}
	return base64.StdEncoding.AppendDecode(nil, bytes.TrimSpace(r.lifted[n]))
}
