package config

import (
	"net"
	"strconv"
	"strings"

	"patchwave/connectors"
)

// parseHop reads [user@]host[:port] of a jump host; an IPv6 address with a port
// stands in brackets.
func parseHop(s string) (connectors.Target, bool) {
	t := connectors.Target{Kind: connectors.KindSSH}
	user, rest, found := strings.Cut(s, "@")
	if !found {
		user, rest = "", s
	} else if user == "" {
		return t, false
	}
	t.User, t.Address = user, rest
	if host, port, err := net.SplitHostPort(rest); err == nil {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return t, false
		}
		t.Address, t.Port = host, int(n)
	}
	t.Address = strings.TrimSuffix(strings.TrimPrefix(t.Address, "["), "]")
	t.Name = t.Address
	return t, isAddress(t.Address) && !strings.HasPrefix(user, "-") && !strings.ContainsFunc(user, isSpaceOrControl)
}
