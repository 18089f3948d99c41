package knownhosts

import (
	"fmt"
	"net"
	"strings"
)

// lookupName turns an address as dialled into the name to look up ("host", or
// "[host]:port" if the port is not 22) and the bare host, both in lower case.
func lookupName(hostport string, remote net.Addr) (name, host string, err error) {
	if hostport == "" && remote != nil {
		hostport = remote.String()
	}
	host, port, err := net.SplitHostPort(hostport)
	if err != nil || host == "" {
		return "", "", fmt.Errorf("look up host key: %q is not of the form host:port", hostport)
	}
	host = strings.ToLower(host)
	if port == "22" || port == "" {
		return host, host, nil
	}
	return "[" + host + "]:" + port, host, nil
}

// isPlain says that a list of hosts holds names only, so that it can be indexed.
func isPlain(hosts string) bool {
	for i := range len(hosts) {
		if c := hosts[i]; c == '*' || c == '?' || c == '!' {
			return false
		}
	}
	return true
}

// matchList tells whether a comma-separated list of patterns matches a name: one
// pattern has to, and no negated one may (match_pattern_list of OpenSSH).
func matchList(list, name string) bool {
	matched := false
	for list != "" {
		var p string
		p, list, _ = strings.Cut(list, ",")
		bare, negated := strings.CutPrefix(p, "!")
		if !matchPattern(strings.ToLower(bare), name) {
			continue
		}
		if negated {
			return false
		}
		matched = true
	}
	return matched
}

// matchPattern matches * and ? without regard for dots. It walks back to the
// last star only, so that no pattern costs more than len(p)*len(s).
func matchPattern(p, s string) bool {
	star, mark, i, j := -1, 0, 0, 0
	for j < len(s) {
		switch {
		case i < len(p) && p[i] == '*':
			star, mark = i, j
			i++
		case i < len(p) && (p[i] == '?' || p[i] == s[j]):
			i++
			j++
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(p[i:], "*") == ""
}
