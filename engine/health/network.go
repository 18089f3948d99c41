package health

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// onLoopback is behind a listener that only the host itself reaches, readOnly
// behind a mount to which nothing can be written.
const (
	onLoopback = " on loopback"
	readOnly   = " (read-only)"
	ofUser     = " of user "
)

// ports from which the kernel picks, unless the host says otherwise.
const firstPicked, lastPicked = 32768, 60999

// listeners reads who waits for connections. What has a port that the kernel picked
// has another one after each start: of UDP, and of root (the helpers of NFS), it is
// left out; else it stands there with its user, and is counted.
func (r *reader) listeners() {
	lines, ok := r.lines(partListeners)
	if !ok {
		return
	}
	first, last := firstPicked, lastPicked
	if f, ok := r.Get("range"); ok && f.RC == 0 {
		if n, err := fmt.Sscan(string(f.Out), &first, &last); n != 2 || err != nil {
			first, last = firstPicked, lastPicked
		}
	}
	var names []string
	for _, line := range lines {
		f := strings.Fields(line)
		if len(f) != 3 {
			continue
		}
		proto := strings.TrimSuffix(f[0], "6")
		port, loopback, ok := socket(f[1])
		if !ok || ephemeral(proto, port, loopback) {
			continue
		}
		name := proto + "/" + strconv.Itoa(port)
		if port >= first && port <= last {
			uid, err := strconv.ParseUint(f[2], 10, 32)
			if proto == "udp" || uid == 0 || err != nil {
				continue
			}
			name += ofUser + strconv.FormatUint(uid, 10)
		}
		if loopback {
			name += onLoopback
		}
		names = append(names, name)
	}
	r.f.Listeners = r.list(partListeners, names)
}

// ephemeral are sockets that come and go with leases and logins: the client of
// DHCP, a display that is passed through SSH.
func ephemeral(proto string, port int, loopback bool) bool {
	return proto == "udp" && (port == 68 || port == 546) || proto == "tcp" && loopback && port >= 6010 && port < 6100
}

// socket reads ADDRESS:PORT as the kernel writes it.
func socket(s string) (port int, loopback, ok bool) {
	addr, p, ok := strings.Cut(s, ":")
	n, err := strconv.ParseUint(p, 16, 16)
	ip, valid := address(addr)
	if !ok || err != nil || !valid {
		return 0, false, false
	}
	return int(n), ip.Unmap().IsLoopback(), true
}

// address reads an address of the kernel's tables of sockets: words of four bytes,
// each with its last byte first.
func address(s string) (netip.Addr, bool) {
	b, err := hex.DecodeString(s)
	if err != nil || (len(b) != 4 && len(b) != 16) {
		return netip.Addr{}, false
	}
	for i := 0; i < len(b); i += 4 {
		slices.Reverse(b[i : i+4])
	}
	return netip.AddrFromSlice(b)
}

// interfaces of containers and virtual machines come and go with them.
var guestInterface = regexp.MustCompile(`^(lo$|veth|cali|cni|lxc|flannel|vnet|vif|tap|docker|br-[0-9a-f]{12}$|virbr|podman)`)

// mostRoutes is how many routes are looked at one by one; of a router with more
// only the default ones are.
const mostRoutes = 500

// Flags of routes, include/uapi/linux/route.h and ipv6_route.h.
const (
	routeUp, routeReject               = 0x1, 0x200
	routeAnycast, routeCache, routeOwn = 0x00100000, 0x01000000, 0x80000000
)

// routes reads where the host knows a way to.
func (r *reader) routes() {
	lines, ok := r.lines(partRoutes)
	if !ok {
		return
	}
	var names, defaults []string
	for _, line := range lines {
		name := route(strings.Fields(line))
		switch {
		case name == "":
		case strings.HasPrefix(name, "default"):
			defaults = append(defaults, name)
		default:
			names = append(names, name)
		}
	}
	r.keepRoutes(names, defaults)
}

// keepRoutes keeps the destinations, of a router the default ones alone.
func (r *reader) keepRoutes(names, defaults []string) {
	if len(names) > mostRoutes {
		names = nil
	}
	r.f.Routes = r.list(partRoutes, append(names, defaults...))
}

// route names the destination of a line, or "" if it is of no account.
func route(f []string) string {
	if len(f) != 5 || guestInterface.MatchString(f[1]) {
		return ""
	}
	flags, err := strconv.ParseUint(f[4], 16, 32)
	if err != nil || flags&routeUp == 0 {
		return ""
	}
	if f[0] == "4" {
		to, ok := address(f[2])
		mask, err := hex.DecodeString(f[3])
		if !ok || !to.Is4() || err != nil || len(mask) != 4 || flags&routeReject != 0 {
			return ""
		}
		ones := 0
		for _, b := range mask {
			for ; b != 0; b &= b - 1 {
				ones++
			}
		}
		return destination(to, ones, "default")
	}
	b, err := hex.DecodeString(f[2])
	ones, err2 := strconv.ParseUint(f[3], 16, 8)
	if err != nil || err2 != nil || len(b) != 16 || ones > 128 || flags&(routeReject|routeAnycast|routeCache|routeOwn) != 0 {
		return ""
	}
	to, _ := netip.AddrFromSlice(b) // it has 16 bytes
	return destination(to, int(ones), "default of IPv6")
}

func destination(to netip.Addr, ones int, all string) string {
	switch {
	case ones == 0:
		return all
	case to.IsMulticast() || to.IsLinkLocalUnicast() || to.IsLoopback():
		return ""
	default:
		return netip.PrefixFrom(to, ones).String()
	}
}
