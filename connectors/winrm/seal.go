package winrm

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// sealer encrypts and signs messages of one connection, in order. It is
// ntlmssp.SecuritySession.
type sealer interface {
	Wrap(message []byte) (sealed, signature []byte, err error)
	Unwrap(sealed, signature []byte) ([]byte, error)
}

// The frame of an encrypted message (MS-WSMV, 2.2.9.1).
const (
	boundary      = "--Encrypted Boundary"
	sealedMiddle  = boundary + "\r\n\tContent-Type: application/octet-stream\r\n"
	sealedEnd     = boundary + "--\r\n"
	octetHeader   = "Content-Type: application/octet-stream\r\n"
	signatureSize = 16
)

// errFrame is an encrypted message that is none.
var errFrame = errors.New("the encrypted reply is damaged")

// seal makes the body of a request.
func seal(s sealer, message []byte) ([]byte, error) {
	sealed, signature, err := s.Wrap(message)
	if err != nil {
		return nil, err
	}
	if len(signature) != signatureSize {
		return nil, errors.New("the message was not signed")
	}
	b := make([]byte, 0, len(sealed)+512)
	b = fmt.Appendf(b, boundary+"\r\n\tContent-Type: application/HTTP-SPNEGO-session-encrypted\r\n"+
		"\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=%d\r\n"+sealedMiddle, len(message))
	b = binary.LittleEndian.AppendUint32(b, signatureSize)
	b = append(b, signature...)
	b = append(b, sealed...)
	return append(b, sealedEnd...), nil
}

// isSealed reports whether a body is said to be encrypted.
func isSealed(contentType string) bool {
	return strings.HasPrefix(strings.ToLower(strings.TrimSpace(contentType)), "multipart/encrypted")
}

// unseal reads the body of a reply.
func unseal(s sealer, body []byte) ([]byte, error) {
	signature, sealed, err := unframe(body)
	if err != nil {
		return nil, err
	}
	message, err := s.Unwrap(sealed, signature)
	if err != nil {
		return nil, fmt.Errorf("decrypt the reply: %w", err)
	}
	return message, nil
}

// unframe takes a frame apart. It looks for the header once, from the left: what
// follows may hold any bytes.
func unframe(body []byte) (signature, sealed []byte, err error) {
	_, rest, ok := bytes.Cut(body, []byte(octetHeader))
	if !ok {
		return nil, nil, errFrame
	}
	rest, ok = cutEnd(rest)
	if !ok || len(rest) < 4+signatureSize || binary.LittleEndian.Uint32(rest) != signatureSize {
		return nil, nil, errFrame
	}
	return rest[4 : 4+signatureSize], rest[4+signatureSize:], nil
}

// cutEnd cuts the end off. Some hosts write a space into it.
func cutEnd(b []byte) ([]byte, bool) {
	for _, end := range []string{sealedEnd, "-- Encrypted Boundary--\r\n"} {
		if rest, ok := bytes.CutSuffix(b, []byte(end)); ok {
			return rest, true
		}
	}
	return nil, false
}
