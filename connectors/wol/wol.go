// Package wol sends the packet that wakes a machine by its network card:
// Wake-on-LAN, as AMD's white paper "Magic Packet Technology" (publication 20213)
// has it. Six bytes of 0xff, then sixteen times the address of the card, over UDP
// to port 9.
package wol

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
)

// DefaultPort is discard (RFC 863): no machine that runs minds the packet.
const DefaultPort = 9

// Sender sends packets. The zero value sends to every network of this machine.
type Sender struct {
	// Port is where they go; 0 means DefaultPort.
	Port int
	// Networks are the broadcast addresses of the networks; nil means those of the
	// interfaces that are up.
	Networks []netip.Addr
}

// Packet is the packet for a card.
func Packet(mac string) ([]byte, error) {
	card, err := net.ParseMAC(mac)
	if err != nil || len(card) != 6 {
		return nil, fmt.Errorf("%q is no hardware address of six bytes", mac)
	}
	return slices.Concat(bytes.Repeat([]byte{0xff}, 6), bytes.Repeat(card, 16)), nil
}

// Send sends the packet for a card to every network, and to address if that is an
// IPv4 address: a router may pass it on. It fails if it could be sent nowhere.
// That it was sent does not say that it arrived.
func (s Sender) Send(ctx context.Context, mac, address string) error {
	packet, err := Packet(mac)
	if err != nil {
		return err
	}
	targets := s.Networks
	if targets == nil {
		if targets, err = broadcasts(); err != nil {
			return err
		}
	}
	if a, err := netip.ParseAddr(address); err == nil && a.Is4() {
		targets = append(slices.Clone(targets), a)
	}
	port := s.Port
	if port == 0 {
		port = DefaultPort
	}
	sent := false
	var failures []error
	for _, a := range targets {
		if err := send(ctx, net.JoinHostPort(a.String(), strconv.Itoa(port)), packet); err != nil {
			failures = append(failures, err)
			continue
		}
		sent = true
	}
	switch {
	case sent:
		return nil
	case len(failures) == 0:
		return errors.New("this machine is in no network that the packet could be sent to")
	default:
		return fmt.Errorf("send the packet that wakes %s: %w", mac, errors.Join(failures...))
	}
}

func send(ctx context.Context, to string, packet []byte) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "udp4", to)
	if err != nil {
		return err
	}
	_, err = conn.Write(packet)
	return errors.Join(err, conn.Close())
}

// broadcasts are the broadcast addresses of the interfaces that are up, and that of
// all networks.
func broadcasts() ([]netip.Addr, error) {
	all, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("list the network interfaces: %w", err)
	}
	out := []netip.Addr{netip.AddrFrom4([4]byte{255, 255, 255, 255})}
	for _, i := range all {
		if i.Flags&net.FlagUp == 0 || i.Flags&net.FlagBroadcast == 0 {
			continue
		}
		addrs, err := i.Addrs()
		if err != nil {
			continue // it has gone meanwhile
		}
		for _, a := range addrs {
			if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is4() && p.Bits() < 31 {
				out = append(out, Broadcast(p))
			}
		}
	}
	return out, nil
}

// Broadcast is the address of all machines of an IPv4 network.
func Broadcast(p netip.Prefix) netip.Addr {
	b := p.Addr().As4()
	for i := p.Bits(); i < 32; i++ {
		b[i/8] |= 1 << (7 - i%8)
	}
	return netip.AddrFrom4(b)
}
