package wsman

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"mime"
	"strconv"
)

// The frame around a sealed message (MS-WSMV 2.2.9.1). It looks like MIME and is
// not: its headers begin with a tab, and nothing stands between the encrypted
// bytes and the end.
const (
	sealedProtocol = "application/HTTP-SPNEGO-session-encrypted"
	sealedBoundary = "Encrypted Boundary"
	sealedType     = `multipart/encrypted;protocol="` + sealedProtocol + `";boundary="` + sealedBoundary + `"`
	soapType       = "application/soap+xml;charset=UTF-8"
)

var errFrame = errors.New("the frame of a sealed message is broken")

// isSealed reports whether a Content-Type is that of a sealed message.
func isSealed(contentType string) bool {
	kind, params, err := mime.ParseMediaType(contentType)
	return err == nil && kind == "multipart/encrypted" && params["protocol"] == sealedProtocol
}

// frame puts a sealed message into its frame. length is that of its plain text.
func frame(signature, sealed []byte) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "--%s\r\n\tContent-Type: %s\r\n\tOriginalContent: type=%s;Length=%d\r\n",
		sealedBoundary, sealedProtocol, soapType, len(sealed))
	fmt.Fprintf(&b, "--%s\r\n\tContent-Type: application/octet-stream\r\n", sealedBoundary)
	b.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(signature))))
	b.Write(signature)
	b.Write(sealed)
	fmt.Fprintf(&b, "--%s--\r\n", sealedBoundary)
	return b.Bytes()
}

// unframe takes a sealed message out of its frame. Some clients leave the tab
// out, and some write "-- Encrypted Boundary": both are taken.
func unframe(body []byte) (signature, sealed []byte, err error) {
	r := frameReader{rest: body}
	r.boundary()
	if string(r.header("Content-Type")) != sealedProtocol {
		r.fail()
	}
	length := r.length()
	r.boundary()
	if string(r.header("Content-Type")) != "application/octet-stream" {
		r.fail()
	}
	if n := r.take(4); !r.bad && binary.LittleEndian.Uint32(n) != signatureSize {
		r.fail()
	}
	signature = r.take(signatureSize)
	sealed = r.take(length)
	r.dashes()
	if end := bytes.TrimSuffix(r.rest, []byte("\r\n")); string(end) != sealedBoundary+"--" {
		r.fail()
	}
	if r.bad {
		return nil, nil, errFrame
	}
	return signature, sealed, nil
}

// frameReader reads from left to right; after the first mistake it reads nothing.
type frameReader struct {
	rest []byte
	bad  bool
}

func (r *frameReader) fail() { r.bad, r.rest = true, nil }

func (r *frameReader) take(n int) []byte {
	if r.bad || n < 0 || n > len(r.rest) {
		r.fail()
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *frameReader) line() []byte {
	line, rest, ok := bytes.Cut(r.rest, []byte("\r\n"))
	if r.bad || !ok {
		r.fail()
		return nil
	}
	r.rest = rest
	return line
}

func (r *frameReader) dashes() {
	rest, ok := bytes.CutPrefix(r.rest, []byte("--"))
	if !ok {
		r.fail()
		return
	}
	r.rest = bytes.TrimPrefix(rest, []byte(" "))
}

func (r *frameReader) boundary() {
	r.dashes()
	if string(r.line()) != sealedBoundary {
		r.fail()
	}
}

func (r *frameReader) header(name string) []byte {
	key, value, ok := bytes.Cut(bytes.TrimLeft(r.line(), " \t"), []byte(":"))
	if !ok || !bytes.EqualFold(key, []byte(name)) {
		r.fail()
		return nil
	}
	return bytes.TrimLeft(value, " \t")
}

// length is the length of the plain text. RC4 keeps it.
func (r *frameReader) length() int {
	_, digits, ok := bytes.Cut(r.header("OriginalContent"), []byte(";Length="))
	n, err := strconv.Atoi(string(digits))
	if !ok || err != nil || n < 0 {
		r.fail()
		return 0
	}
	return n
}
