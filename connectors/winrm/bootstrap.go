package winrm

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	_ "embed" // the bootstrap is a file
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"patchwave/connectors"
)

// bootstrap runs a program that comes over standard input. It makes a directory
// for SYSTEM and administrators only, refuses one that is a link, belongs to
// somebody else or is open to others, writes the program there, compares its
// SHA-256, runs it, removes it and ends with its exit status. A refusal is the last
// line of standard output, with the nonce and a word, and exit status 121.
//
//go:embed bootstrap.ps1
var bootstrap string

const (
	// mostLine bounds a command line, in UTF-16 units: cmd.exe takes 8191, and its
	// own name comes before it.
	mostLine = 8000
	// powershell runs a program that is on its command line.
	powershell = "powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -EncodedCommand "
	// refusedExit is the exit status of a bootstrap that refuses.
	refusedExit = 121
	// inputWidth is the width of the lines of the program on standard input, before
	// base64, in bytes.
	inputWidth = 3 << 10
)

// program is one Script on its way to the host.
type program struct {
	nonce string
	line  string
	stdin []byte
}

// newProgram wraps a script.
func newProgram(script []byte) *program {
	var nonce [16]byte
	_, _ = rand.Read(nonce[:]) // never fails
	return wrapScript(script, hex.EncodeToString(nonce[:]))
}

func wrapScript(script []byte, nonce string) *program {
	digest := sha256.Sum256(script)
	args, _ := json.Marshal(map[string]string{"sha256": hex.EncodeToString(digest[:])}) // strings do not fail
	source := strings.NewReplacer("@nonce@", nonce, "@args@", base64.StdEncoding.EncodeToString(args)).Replace(bootstrap)
	return &program{nonce: nonce, line: powershell + encodeCommand(source), stdin: inputLines(script)}
}

// encodeCommand is what -EncodedCommand takes: base64 of UTF-16.
func encodeCommand(source string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(source)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return base64.StdEncoding.EncodeToString(b)
}

// inputLines is a program as lines of base64.
func inputLines(script []byte) []byte {
	b := make([]byte, 0, base64.StdEncoding.EncodedLen(len(script))+2*(len(script)/inputWidth+1))
	for len(script) > 0 {
		n := min(len(script), inputWidth)
		b = base64.StdEncoding.AppendEncode(b, script[:n])
		b = append(b, "\r\n"...)
		script = script[n:]
	}
	return b
}

// checkLine refuses a command line that cmd.exe would cut off or change.
func checkLine(host, line string) error {
	refuse := func(hint, format string, args ...any) error {
		e := connectors.Errorf(connectors.CodeUnsupported, connectors.PhaseCommand, host, format, args...)
		e.Hint = hint
		return e
	}
	switch {
	case !utf8.ValidString(line) || strings.ContainsFunc(line, func(r rune) bool { return r < ' ' && r != '\t' || r == 0xFFFE || r == 0xFFFF }):
		return refuse("write it in one line, with & between commands", "a command line for Windows holds no line breaks and no control characters")
	case units(line) > mostLine:
		return refuse("put it into a script", "the command line has %d characters, Windows takes %d", units(line), mostLine)
	default:
		return nil
	}
}

// units is how long a text is in UTF-16.
func units(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// maliciousContent is the name of the error of an antivirus program.
const maliciousContent = "ScriptContainedMaliciousContent"

// refused explains why the program was not run, nil if it was.
func (p *program) refused(host string, r connectors.Result) error {
	word := p.refusal(r)
	if word == "" {
		return nil
	}
	e := connectors.Errorf(connectors.CodeUnsupported, connectors.PhaseCommand, host, "the host did not run the script: ")
	const directory = `%ProgramData%\patchwave on the host`
	switch word {
	case "language":
		e.Message += "PowerShell is in constrained language mode there"
		e.Hint = "AppLocker or WDAC restricts it: add a rule for administrators, or exclude the host"
	case "link":
		e.Code = connectors.CodeGuard
		e.Message += directory + " is a link"
		e.Hint = "find out who made it, and remove it"
	case "owner":
		e.Code = connectors.CodeGuard
		e.Message += directory + " belongs to somebody who is no administrator"
		e.Hint = "find out who made it, and remove it"
	case "access":
		e.Code = connectors.CodeGuard
		e.Message += directory + " is open to others than SYSTEM and administrators"
		e.Hint = "look into it, and remove it"
	case "digest":
		e.Code = connectors.CodeLost
		e.Message += "it did not arrive whole"
	case "policy":
		e.Message += "its execution policy forbids scripts"
		e.Hint = "a group policy sets it (Get-ExecutionPolicy -List): allow scripts for administrators, or exclude the host"
	case "antivirus":
		e.Message += "its antivirus program takes it for malicious (" + maliciousContent + ")"
		e.Hint = "look at its alert, and add an exception for " + directory
	default:
		e.Message += fmt.Sprintf("%.40q", word)
	}
	return e
}

// refusal is the word of the bootstrap, "" if there is none.
func (p *program) refusal(r connectors.Result) string {
	if r.ExitCode == refusedExit {
		out := bytes.TrimRight(r.Stdout, "\r\n")
		out = out[bytes.LastIndexByte(out, '\n')+1:]
		if word, ok := bytes.CutPrefix(out, []byte("@@"+p.nonce+" REFUSED ")); ok {
			return string(word)
		}
	}
	// The antivirus program may have refused the bootstrap itself.
	if r.ExitCode != 0 && len(r.Stdout) == 0 && bytes.Contains(r.Stderr, []byte(maliciousContent)) {
		return "antivirus"
	}
	return ""
}
