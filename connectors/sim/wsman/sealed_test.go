package wsman

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
)

func TestFrame(t *testing.T) {
	signature := bytes.Repeat([]byte{7}, signatureSize)
	// bytes that look like what stands around them
	hostile := []byte("--Encrypted Boundary\r\n\tContent-Type: application/octet-stream\r\n--Encrypted Boundary--\r\n")
	for _, sealed := range [][]byte{{}, {0}, []byte("text"), hostile} {
		body := frame(signature, sealed)
		s, got, err := unframe(body)
		if err != nil || !bytes.Equal(s, signature) || !bytes.Equal(got, sealed) {
			t.Errorf("%q: %x, %q, %v", sealed, s, got, err)
		}
	}
	want := "--Encrypted Boundary\r\n\tContent-Type: application/HTTP-SPNEGO-session-encrypted\r\n" +
		"\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=2\r\n--Encrypted Boundary\r\n" +
		"\tContent-Type: application/octet-stream\r\n\x10\x00\x00\x00" + string(signature) + "hi--Encrypted Boundary--\r\n"
	if got := string(frame(signature, []byte("hi"))); got != want {
		t.Errorf("frame:\n%q\nwant\n%q", got, want)
	}
}

// TestFrameOfOthers: what other clients write.
func TestFrameOfOthers(t *testing.T) {
	body := string(frame(make([]byte, signatureSize), []byte("text")))
	for what, variant := range map[string]string{
		"no tabs":             strings.ReplaceAll(body, "\t", ""),
		"a space in boundary": strings.ReplaceAll(body, "--Encrypted", "-- Encrypted"),
		"no end of line":      strings.TrimSuffix(body, "\r\n"),
	} {
		if _, got, err := unframe([]byte(variant)); err != nil || string(got) != "text" {
			t.Errorf("%s: %q, %v", what, got, err)
		}
	}
	for what, variant := range map[string]string{
		"nothing":           "",
		"no end":            strings.TrimSuffix(body, "--Encrypted Boundary--\r\n"),
		"more after it":     body + "x",
		"a wrong length":    strings.Replace(body, "Length=4", "Length=5", 1),
		"a short length":    strings.Replace(body, "Length=4", "Length=3", 1),
		"a negative length": strings.Replace(body, "Length=4", "Length=-4", 1),
		"another protocol":  strings.Replace(body, "SPNEGO", "CredSSP", 1),
		"a long signature":  strings.Replace(body, "\x10\x00\x00\x00", "\x11\x00\x00\x00", 1),
		"another boundary":  strings.ReplaceAll(body, "Encrypted Boundary", "Boundary"),
	} {
		if _, got, err := unframe([]byte(variant)); err == nil {
			t.Errorf("%s: %q", what, got)
		}
	}
}

func TestSealedType(t *testing.T) {
	for kind, want := range map[string]bool{
		sealedType: true,
		`multipart/encrypted; protocol="application/HTTP-SPNEGO-session-encrypted"; boundary="Encrypted Boundary"`: true,
		`multipart/encrypted;protocol="application/HTTP-Kerberos-session-encrypted";boundary="Encrypted Boundary"`: false,
		soapType:              false,
		"":                    false,
		"multipart/encrypted": false,
	} {
		if isSealed(kind) != want {
			t.Errorf("%q is sealed: %v", kind, !want)
		}
	}
}

func FuzzUnframe(f *testing.F) {
	f.Add(frame(make([]byte, signatureSize), []byte("text")))
	f.Add([]byte("-- Encrypted Boundary\r\nContent-Type: application/HTTP-SPNEGO-session-encrypted\r\nOriginalContent: type=x;Length=0\r\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		signature, sealed, err := unframe(body)
		if err != nil {
			return
		}
		again, text, err := unframe(frame(signature, sealed))
		if err != nil || !bytes.Equal(again, signature) || !bytes.Equal(text, sealed) {
			t.Errorf("%q is read and cannot be written: %v", body, err)
		}
	})
}

func TestEncodedCommand(t *testing.T) {
	b64 := base64.StdEncoding.EncodeToString(utf16le("'Grüße' \U0001f600"))
	for line, want := range map[string]bool{
		"powershell -encodedcommand " + b64: true,
		"powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -EncodedCommand " + b64: true,
		`"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe" -enc ` + b64:                  true,
		"PowerShell  -NoProfile   -ec " + b64:                                                      true,
		"powershell /e " + b64 + " -NoLogo":                                                        true,
		"powershell -Command " + b64:                                                               false,
		"powershell -encodedcommand":                                                               false,
		"powershell -encodedcommand A":                                                             false,
		"cmd /c powershell -e " + b64:                                                              false,
		"":                                                                                         false,
	} {
		program, ok := EncodedCommand(line)
		if ok != want || ok && program != "'Grüße' \U0001f600" {
			t.Errorf("%q: %q, %v", line, program, ok)
		}
	}
}
