package sim

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf16"

	"patchwave/connectors/framing"
	"patchwave/connectors/powershell"
	"patchwave/connectors/sim/wsman"
)

// Exit codes of a command on Windows.
const (
	// rcRefused is the loader's, when it does not run the program.
	rcRefused = 121
	// rcUnknown is that of cmd.exe for a program that is not there.
	rcUnknown = 9009
)

// command runs a command of a remote shell until it ends or ctx does.
func (w *windows) command(ctx context.Context, c wsman.Command) uint32 {
	h := w.h
	line := strings.TrimSpace(c.Line)
	text, loaded := encodedCommand(line)
	if loaded {
		line = "powershell.exe -EncodedCommand …"
	}
	h.ran(line)
	if !wait(ctx, h.Faults().Latency) {
		return 1
	}
	p := &process{h: h, ctx: ctx, user: administrator, in: bufio.NewReader(c.Stdin), out: c.Stdout, err: c.Stderr}
	switch {
	case !loaded:
		return uint32(p.plain(line))
	case strings.HasPrefix(text, "# patchwave bootstrap v1\n"):
		return uint32(w.load(p, text))
	default:
		p.warn("powershell: the simulated machine runs patchwave's loader only")
		return 1
	}
}

// administrator is as whom a remote shell runs.
const administrator = "root"

// encodedCommand is the program of `powershell.exe … -EncodedCommand TEXT`.
func encodedCommand(line string) (text string, ok bool) {
	argv := strings.Fields(line)
	if len(argv) < 3 || !strings.EqualFold(strings.TrimSuffix(baseName(argv[0]), ".exe"), "powershell") ||
		!strings.EqualFold(argv[len(argv)-2], "-EncodedCommand") {
		return "", false
	}
	raw, err := base64.StdEncoding.DecodeString(argv[len(argv)-1])
	if err != nil || len(raw)%2 != 0 {
		return "", false
	}
	units := make([]uint16, len(raw)/2)
	for i := range units {
		units[i] = uint16(raw[2*i]) | uint16(raw[2*i+1])<<8
	}
	return string(utf16.Decode(units)), true
}

// baseName is what stands behind the last separator of a path.
func baseName(path string) string { return path[strings.LastIndexAny(path, `\/`)+1:] }

var (
	loaderNonce = regexp.MustCompile(`(?m)^\$PwNonce = '([0-9a-f]+)'$`)
	loaderArgs  = regexp.MustCompile(`(?m)^\$PwArgs64 = '([A-Za-z0-9+/=]+)'$`)
)

// load is connectors/winrm/bootstrap.ps1: it reads a program from standard input,
// in lines of base64, and runs it if it is what was announced.
func (w *windows) load(p *process, loader string) int {
	nonce, args := loaderNonce.FindStringSubmatch(loader), loaderArgs.FindStringSubmatch(loader)
	var announced struct {
		SHA256 string `json:"sha256"`
	}
	if nonce == nil || args == nil || json.Unmarshal(unbase64(args[1]), &announced) != nil {
		p.warn("powershell: the loader has no head that the simulated machine knows")
		return 1
	}
	deny := func(why string) int {
		p.say(fmt.Sprintf("@@%s REFUSED %s", nonce[1], why))
		return rcRefused
	}
	if p.h.Faults().Windows.Restricted {
		return deny("language")
	}
	input, err := io.ReadAll(io.LimitReader(p.in, maxScript*2))
	if err != nil {
		return 1
	}
	var program bytes.Buffer
	for _, line := range strings.Split(string(input), "\n") {
		if line = strings.TrimSpace(line); line != "" {
			program.Write(unbase64(line))
		}
	}
	if sum := sha256.Sum256(program.Bytes()); !strings.EqualFold(hex.EncodeToString(sum[:]), announced.SHA256) {
		return deny("digest")
	}
	call, err := powershell.Decode(program.Bytes())
	if err != nil {
		p.warn("powershell: the simulated machine runs patchwave's scripts only")
		return 1
	}
	return p.script(call)
}

// unbase64 is nothing where the text is no base64.
func unbase64(text string) []byte {
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil
	}
	return b
}

// answer prints what a script of Windows alone prints, under the machine's lock.
func (w *windows) answer(a frames, call framing.Call) bool {
	switch call.Name {
	case "scan", "facts":
		w.scan(a, call)
	case "simulate":
		w.simulate(a, call.Args)
	case "ready":
		w.ready(a, call.Args)
	case "probe":
		w.probe(a, call.Args)
	case "require":
		w.require(a, call.Args)
	case "restore-point":
		w.pointOp(a, call.Args)
	case "health":
		w.health(a, call.Args)
	default:
		return false
	}
	return true
}

// reply answers a command line of cmd.exe: what the machine was given, or one of a
// tiny set.
func (w *windows) reply(line string) Reply {
	h := w.h
	if r, ok := h.spec.Commands[line]; ok {
		return r
	}
	argv := strings.Fields(line)
	if len(argv) == 0 {
		return Reply{}
	}
	switch strings.ToLower(strings.Join(argv, " ")) {
	case "hostname":
		return Reply{Out: h.name + "\r\n"}
	case "ver":
		return Reply{Out: "\r\nMicrosoft Windows [Version " + w.build + "]\r\n"}
	case "whoami":
		return Reply{Out: strings.ToLower(h.name) + `\` + WindowsUser + "\r\n"}
	}
	switch strings.ToLower(argv[0]) {
	case "echo":
		return Reply{Out: strings.TrimSpace(line[len(argv[0]):]) + "\r\n"}
	case "exit":
		var rc int
		if _, err := fmt.Sscan(strings.TrimPrefix(strings.Join(argv[1:], " "), "/b "), &rc); err == nil {
			return Reply{RC: rc}
		}
	case "net", "sc":
		if len(argv) == 3 && (argv[1] == "start" || argv[1] == "stop") {
			return w.control(argv[1], argv[2])
		}
	}
	return Reply{Err: "'" + argv[0] + "' is not recognized as an internal or external command,\r\noperable program or batch file.\r\n", RC: rcUnknown}
}
