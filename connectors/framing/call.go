package framing

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Call is one use of a script: what is encoded for a host, or what a simulated
// host finds in it.
type Call struct {
	// Name is lower-case letters, digits and dashes ("scan").
	Name    string
	Version int
	// Nonce is of hex digits.
	Nonce string
	// Args are the arguments by name ([a-z][a-z_]*). Values are any text without
	// NUL; trailing line feeds are not kept.
	Args map[string]string
	// Body is the code; it is left empty where a call is decoded.
	Body string
}

// ErrNotAScript says that the bytes are not one of patchwave's scripts.
var ErrNotAScript = errors.New("not a patchwave script")

var (
	argName   = regexp.MustCompile(`^[a-z][a-z_]*$`)
	firstLine = regexp.MustCompile(`^# patchwave ([a-z0-9-]+) v([0-9]{1,9})$`)
)

// Head is the first line of an encoded call, without its end.
func (c Call) Head() string { return fmt.Sprintf("# patchwave %s v%d", c.Name, c.Version) }

// ParseHead reads the first line of an encoded call.
func ParseHead(line string) (name string, version int, err error) {
	m := firstLine.FindStringSubmatch(strings.TrimSuffix(line, "\r"))
	if m == nil {
		return "", 0, ErrNotAScript
	}
	version, err = strconv.Atoi(m[2])
	if err != nil {
		return "", 0, ErrNotAScript
	}
	return m[1], version, nil
}

// Check says what no language can carry: an argument whose name is not
// [a-z][a-z_]*, or whose value holds a NUL.
func (c Call) Check() error {
	for name, value := range c.Args {
		if !argName.MatchString(name) {
			return fmt.Errorf("encode script %s: argument name %q is not [a-z][a-z_]*", c.Name, name)
		}
		if strings.ContainsRune(value, 0) {
			return fmt.Errorf("encode script %s: argument %s holds a NUL byte", c.Name, name)
		}
	}
	return nil
}
