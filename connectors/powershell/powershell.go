package powershell

import (
	"bytes"
	_ "embed" // the prelude
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"patchwave/connectors/framing"
)

// prelude holds the functions every script can use; epilogue ends a program.
//
//go:embed prelude.ps1
var prelude string

//go:embed epilogue.ps1
var epilogue string

//go:embed program.ps1
var program string

// Program is what a body that runs native programs puts before itself: functions
// that start one without a shell, read both of its streams as one, and bound its
// time. They need nothing of the prelude, so that a script that is no call can use
// them too.
func Program() string { return program }

//go:embed boot.ps1
var boot string

// Boot is what a body that knows of boots puts before itself: Get-PwBootId, the boot
// id of a Windows host, the same in all that patchwave runs there, and Get-PwBoot, its
// 16 hex digits alone. It stays when the clock is set; where it cannot be had that is
// an error. It needs nothing of the prelude.
func Boot() string { return boot }

//go:embed files.ps1
var files string

// Files is what a body that reads and writes files on a Windows host puts before
// itself: patchwave's directory, files that are written whole or not at all,
// directories of SYSTEM and the administrators alone, and the clock. It needs nothing
// of the prelude.
func Files() string { return files }

//go:embed task.ps1
var task string

// Task is what a body that runs a script as SYSTEM, apart from its session, puts
// before itself: tasks in the folder \patchwave. It needs nothing of the prelude.
func Task() string { return task }

//go:embed mutex.ps1
var mutex string

// Mutex is what a body that takes a lock of the whole machine puts before itself, after
// Files: a lock that somebody else has made is refused. It needs nothing of the prelude.
func Mutex() string { return mutex }

//go:embed common.ps1
var common string

// Common is what a body that knows of claims, boots and patchwave's directory on a
// Windows host puts before itself: Boot, Files, locks, and claims as engine/job
// writes them. It needs nothing of the prelude,
// but Write-PwBytes, which needs Write-PwRaw.
func Common() string { return boot + files + mutex + common }

// Encode renders one call: the whole program, Body in its place. It fails as
// Call.Check does, and if Body is not ASCII.
func Encode(c framing.Call) ([]byte, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	if i := strings.IndexFunc(c.Body, func(r rune) bool { return r > 0x7e || (r < 0x20 && r != '\n' && r != '\t') }); i >= 0 {
		return nil, fmt.Errorf("encode script %s: its body is not plain ASCII with line feeds (byte %d)", c.Name, i)
	}
	args := c.Args
	if args == nil {
		args = map[string]string{}
	}
	data, err := json.Marshal(args)
	if err != nil {
		return nil, fmt.Errorf("encode script %s: %w", c.Name, err)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\n$PwNonce = '%s'\n$PwArgs64 = '%s'\ntry {\n", c.Head(), c.Nonce, base64.StdEncoding.EncodeToString(data))
	b.WriteString(prelude)
	b.WriteString(c.Body)
	b.WriteString("\n")
	b.WriteString(epilogue)
	return b.Bytes(), nil
}

var (
	nonceLine = regexp.MustCompile(`^\$PwNonce = '([0-9a-f]+)'$`)
	argsLine  = regexp.MustCompile(`^\$PwArgs64 = '([A-Za-z0-9+/=]+)'$`)
)

// Decode reads the head of an encoded program: what a simulated machine needs to
// answer it. It returns framing.ErrNotAScript for any other program.
func Decode(program []byte) (framing.Call, error) {
	lines := strings.SplitN(string(program), "\n", 5)
	if len(lines) < 5 || lines[3] != "try {" {
		return framing.Call{}, framing.ErrNotAScript
	}
	name, version, err := framing.ParseHead(lines[0])
	if err != nil {
		return framing.Call{}, err
	}
	nonce, args := nonceLine.FindStringSubmatch(lines[1]), argsLine.FindStringSubmatch(lines[2])
	if nonce == nil || args == nil {
		return framing.Call{}, framing.ErrNotAScript
	}
	call := framing.Call{Name: name, Version: version, Nonce: nonce[1]}
	data, err := base64.StdEncoding.DecodeString(args[1])
	if err != nil {
		return framing.Call{}, fmt.Errorf("decode the arguments of script %s: %w", name, err)
	}
	if err := json.Unmarshal(data, &call.Args); err != nil {
		return framing.Call{}, fmt.Errorf("decode the arguments of script %s: %w", name, err)
	}
	if call.Args == nil {
		call.Args = map[string]string{}
	}
	for k, v := range call.Args {
		call.Args[k] = strings.TrimRight(v, "\n")
	}
	return call, nil
}
