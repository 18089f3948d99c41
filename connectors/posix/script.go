package posix

import (
	"bytes"
	_ "embed" // prelude.sh
	"encoding/base64"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"patchwave/connectors/framing"
)

// prelude holds the functions every script can use.
//
//go:embed prelude.sh
var prelude string

// harmless are the values that stand in single quotes as they are; all others
// go as base64. It holds no quote, no backslash and no control character.
var harmless = regexp.MustCompile(`^[A-Za-z0-9 ._:/@%+=,~-]*$`)

// Encode renders one call: the whole program, Body in its place. It fails as
// Call.Check does.
func Encode(c framing.Call) ([]byte, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\npw_main() {\npw_nonce='%s'\n", c.Head(), c.Nonce)
	b.WriteString(decodeFunc)
	for _, name := range slices.Sorted(maps.Keys(c.Args)) {
		value := c.Args[name]
		if harmless.MatchString(value) {
			fmt.Fprintf(&b, "pw_arg_%s='%s'\n", name, value)
		} else {
			fmt.Fprintf(&b, "pw_arg_%s=$(pw_decode '%s')\n", name, base64.StdEncoding.EncodeToString([]byte(value)))
		}
	}
	b.WriteString(prelude)
	b.WriteString(c.Body)
	b.WriteString("\npw_done\nreturn \"${pw_status:-0}\"\n}\npw_main </dev/null\n")
	return b.Bytes(), nil
}

// decodeFunc decodes an argument. It runs before the prelude sets PATH, and that
// of a login or of sudo may be anything. Without base64 the script ends before it says
// anything: an empty argument must not be taken for one that was given.
const decodeFunc = `PATH=${PATH:+$PATH:}/usr/local/bin:/usr/bin:/bin
pw_decode() { printf '%s' "$1" | base64 -d; }
if ! command -v base64 >/dev/null 2>&1; then
echo 'base64 is not installed on the host; install coreutils' >&2
return 127
fi
`

var (
	nonceLine = regexp.MustCompile(`^pw_nonce='([0-9a-f]+)'$`)
	plainArg  = regexp.MustCompile(`^pw_arg_([a-z_]+)='([A-Za-z0-9 ._:/@%+=,~-]*)'$`)
	codedArg  = regexp.MustCompile(`^pw_arg_([a-z_]+)=\$\(pw_decode '([A-Za-z0-9+/=]*)'\)$`)
)

// Decode reads the head of an encoded script: what a simulated machine needs to
// answer it. It returns framing.ErrNotAScript for any other program.
func Decode(script []byte) (framing.Call, error) {
	lines := strings.SplitN(string(script), "\n", 64)
	name, version, err := framing.ParseHead(lines[0])
	if err != nil {
		return framing.Call{}, err
	}
	call := framing.Call{Name: name, Version: version, Args: map[string]string{}}
	for _, line := range lines[1:] {
		if m := nonceLine.FindStringSubmatch(line); m != nil {
			call.Nonce = m[1]
		} else if m := plainArg.FindStringSubmatch(line); m != nil {
			call.Args[m[1]] = m[2]
		} else if m := codedArg.FindStringSubmatch(line); m != nil {
			value, err := base64.StdEncoding.DecodeString(m[2])
			if err != nil {
				return framing.Call{}, fmt.Errorf("decode argument %s: %w", m[1], err)
			}
			call.Args[m[1]] = strings.TrimRight(string(value), "\n")
		} else if strings.HasPrefix(line, "# prelude") {
			break
		}
	}
	if call.Nonce == "" {
		return framing.Call{}, framing.ErrNotAScript
	}
	return call, nil
}
