package posix

import (
	"bytes"
	_ "embed" // prelude.sh
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"sort"
	"strconv"
	"strings"
)

// prelude holds the functions every script can use.
//
//go:embed prelude.sh
var prelude string

// Script is a named, versioned POSIX sh program. Body is what runs after the
// prelude, inside a function.
type Script struct {
	// Name is lower-case letters, digits and dashes ("scan").
	Name    string
	Version int
	Body    string
}

// Call is one use of a script: what was encoded, or what Decode found.
type Call struct {
	Name    string
	Version int
	Nonce   string
	// Args are the arguments by name ([a-z_]+). Values are any text without NUL;
	// trailing line feeds are not kept.
	Args map[string]string
	// Body is the code after the arguments; Decode leaves it empty.
	Body string
}

// harmless are the values that stand in single quotes as they are; all others
// go as base64. It holds no quote, no backslash and no control character.
var harmless = regexp.MustCompile(`^[A-Za-z0-9 ._:/@%+=,~-]*$`)

var argName = regexp.MustCompile(`^[a-z][a-z_]*$`)

// Encode renders one call of s. It fails if an argument's name is not
// [a-z][a-z_]*, or its value holds a NUL.
func Encode(s Script, nonce string, args map[string]string) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# patchwave %s v%d\npw_main() {\npw_nonce='%s'\n", s.Name, s.Version, nonce)
	b.WriteString(decodeFunc)
	names := make([]string, 0, len(args))
	for name := range args {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		if !argName.MatchString(name) {
			return nil, fmt.Errorf("encode script %s: argument name %q is not [a-z][a-z_]*", s.Name, name)
		}
		value := args[name]
		switch {
		case strings.ContainsRune(value, 0):
			return nil, fmt.Errorf("encode script %s: argument %s holds a NUL byte", s.Name, name)
		case harmless.MatchString(value):
			fmt.Fprintf(&b, "pw_arg_%s='%s'\n", name, value)
		default:
			fmt.Fprintf(&b, "pw_arg_%s=$(pw_decode '%s')\n", name, base64.StdEncoding.EncodeToString([]byte(value)))
		}
	}
	b.WriteString(prelude)
	b.WriteString(s.Body)
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
	firstLine = regexp.MustCompile(`^# patchwave ([a-z0-9-]+) v([0-9]+)$`)
	nonceLine = regexp.MustCompile(`^pw_nonce='([0-9a-f]+)'$`)
	plainArg  = regexp.MustCompile(`^pw_arg_([a-z_]+)='([A-Za-z0-9 ._:/@%+=,~-]*)'$`)
	codedArg  = regexp.MustCompile(`^pw_arg_([a-z_]+)=\$\(pw_decode '([A-Za-z0-9+/=]*)'\)$`)
)

// ErrNotAScript says that the bytes are not one of patchwave's scripts.
var ErrNotAScript = errors.New("not a patchwave script")

// Decode reads the head of an encoded script: what a simulated machine needs to
// answer it. It returns ErrNotAScript for any other program.
func Decode(script []byte) (Call, error) {
	lines := strings.SplitN(string(script), "\n", 64)
	m := firstLine.FindStringSubmatch(lines[0])
	if m == nil {
		return Call{}, ErrNotAScript
	}
	version, err := strconv.Atoi(m[2])
	if err != nil {
		return Call{}, ErrNotAScript
	}
	call := Call{Name: m[1], Version: version, Args: map[string]string{}}
	for _, line := range lines[1:] {
		if m := nonceLine.FindStringSubmatch(line); m != nil {
			call.Nonce = m[1]
		} else if m := plainArg.FindStringSubmatch(line); m != nil {
			call.Args[m[1]] = m[2]
		} else if m := codedArg.FindStringSubmatch(line); m != nil {
			value, err := base64.StdEncoding.DecodeString(m[2])
			if err != nil {
				return Call{}, fmt.Errorf("decode argument %s: %w", m[1], err)
			}
			call.Args[m[1]] = strings.TrimRight(string(value), "\n")
		} else if strings.HasPrefix(line, "# prelude") {
			break
		}
	}
	if call.Nonce == "" {
		return Call{}, ErrNotAScript
	}
	return call, nil
}
