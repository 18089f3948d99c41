package sshconfig

import (
	"fmt"
	"strconv"
	"strings"
)

// Settings are what a configuration says about one host. What it does not say is
// the zero value.
type Settings struct {
	// HostName is the name or address to dial; "" means the alias.
	HostName string
	User     string
	// Port is 0 if not set.
	Port int
	// IdentityFiles and CertificateFiles are paths in order, with ~ and tokens
	// expanded. nil means not set; empty means that "none" is set.
	IdentityFiles    []string
	CertificateFiles []string
	// ProxyJump are the hosts to go through, first hop first. A hop is itself an
	// alias of the configuration.
	ProxyJump []Hop
	// UserKnownHostsFiles is nil if not set and empty for "none".
	UserKnownHostsFiles []string
	// HostKeyAlias is the name to look up host keys under, without a port.
	HostKeyAlias string
	// IdentitiesOnly says to offer no key of the agent but those of IdentityFiles.
	IdentitiesOnly bool
	// Unsupported are options of the host that have no effect here, in words, with
	// file and line.
	Unsupported []string
}

// Hop is one host of a ProxyJump. User is "" and Port is 0 if not given.
type Hop struct {
	User string
	Host string
	Port int
}

// UnsupportedError says that a host cannot be reached as the file says without
// something that patchwave does not do.
type UnsupportedError struct {
	// Host is the alias.
	Host string
	// What is the option ("ProxyCommand", "Match exec").
	What string
	File string
	Line int
	// Hint says what to do.
	Hint string
}

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("ssh_config of host %s: %s at %s:%d is not supported; %s", e.Host, e.What, e.File, e.Line, e.Hint)
}

// parseJump reads the value of ProxyJump: [user@]host[:port] or
// ssh://[user@]host[:port], comma-separated; "none" is no hop.
func parseJump(s string) ([]Hop, error) {
	if strings.EqualFold(s, "none") {
		return nil, nil
	}
	var hops []Hop
	for part := range strings.SplitSeq(s, ",") {
		h, err := parseHop(strings.TrimPrefix(part, "ssh://"))
		if err != nil {
			return nil, fmt.Errorf("%q is no [user@]host[:port]: %w", part, err)
		}
		hops = append(hops, h)
	}
	return hops, nil
}

func parseHop(s string) (h Hop, err error) {
	if at := strings.LastIndexByte(s, '@'); at >= 0 {
		h.User, s = s[:at], s[at+1:]
		if err := checkUser(h.User); err != nil {
			return Hop{}, err
		}
	}
	s = strings.TrimSuffix(s, "/")
	port := ""
	if rest, ok := strings.CutPrefix(s, "["); ok {
		h.Host, port, ok = strings.Cut(rest, "]")
		if !ok || (port != "" && port[0] != ':') {
			return Hop{}, fmt.Errorf("brackets do not match")
		}
		port = strings.TrimPrefix(port, ":")
	} else if strings.Count(s, ":") == 1 {
		h.Host, port, _ = strings.Cut(s, ":")
	} else {
		h.Host = s
	}
	if port != "" {
		if h.Port, err = parsePort(port); err != nil {
			return Hop{}, err
		}
	}
	return h, checkHost(h.Host)
}

func parsePort(s string) (int, error) {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("%q is no port between 1 and 65535", s)
	}
	return int(n), nil
}

// checkHost refuses what cannot be a host name, an address or an alias, and with
// it everything that would be special in a path or a command line.
func checkHost(s string) error {
	if s == "" || s[0] == '-' || strings.Trim(s, ".") == "" || len(s) > 255 {
		return fmt.Errorf("%q is no host name", s)
	}
	for _, r := range s {
		if !strings.ContainsRune("-._:%", r) && !isAlnum(r) && r < 0x80 || r == 0xfffd || r >= 0x80 && r < 0xa0 {
			return fmt.Errorf("%q is no host name", s)
		}
	}
	return nil
}

func checkUser(s string) error {
	if s == "" || s[0] == '-' || s[len(s)-1] == '\\' {
		return fmt.Errorf("%q is no user name", s)
	}
	for _, r := range s {
		if r <= ' ' || r >= 0x7f || strings.ContainsRune("'`\";&<>|(){}$/", r) {
			return fmt.Errorf("%q is no user name", s)
		}
	}
	return nil
}

func isAlnum(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}
