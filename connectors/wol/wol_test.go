package wol

import (
	"bytes"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestPacket(t *testing.T) {
	p, err := Packet("52:54:00:12:34:5f")
	if err != nil || len(p) != 102 || !bytes.Equal(p[:6], []byte("\xff\xff\xff\xff\xff\xff")) {
		t.Fatalf("%x, %v", p, err)
	}
	for i := 6; i < 102; i += 6 {
		if !bytes.Equal(p[i:i+6], []byte{0x52, 0x54, 0, 0x12, 0x34, 0x5f}) {
			t.Errorf("byte %d: %x", i, p[i:i+6])
		}
	}
	for _, mac := range []string{"", "52:54:00:12:34", "02:00:5e:10:00:00:00:01", "web-1"} {
		if _, err := Packet(mac); err == nil {
			t.Errorf("%q is taken for an address", mac)
		}
	}
}

// TestSend: the packet arrives at the network, and at the machine's own address.
func TestSend(t *testing.T) {
	conn, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	here := netip.MustParseAddr("127.0.0.1")
	s := Sender{Port: conn.LocalAddr().(*net.UDPAddr).Port}
	want, err := Packet("02:00:00:00:00:01")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		networks []netip.Addr
		address  string
	}{{[]netip.Addr{here}, "web-1.example.net"}, {[]netip.Addr{}, "127.0.0.1"}} {
		s.Networks = test.networks
		if err := s.Send(t.Context(), "02:00:00:00:00:01", test.address); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, 200)
		n, _, err := conn.ReadFrom(got)
		if err != nil || !bytes.Equal(got[:n], want) {
			t.Errorf("%x, %v", got[:n], err)
		}
	}
}

func TestSendNowhere(t *testing.T) {
	err := Sender{Networks: []netip.Addr{}}.Send(t.Context(), "02:00:00:00:00:01", "fe80::1")
	if err == nil || !strings.Contains(err.Error(), "in no network") {
		t.Errorf("%v", err)
	}
	if err := (Sender{}).Send(t.Context(), "nothing", ""); err == nil {
		t.Error("a card without an address was sent a packet")
	}
}

func TestBroadcast(t *testing.T) {
	for network, want := range map[string]string{"192.0.2.17/24": "192.0.2.255", "10.1.2.3/8": "10.255.255.255", "192.0.2.65/26": "192.0.2.127", "192.0.2.1/30": "192.0.2.3"} {
		if got := Broadcast(netip.MustParsePrefix(network)).String(); got != want {
			t.Errorf("%s: %s, want %s", network, got, want)
		}
	}
	all, err := broadcasts()
	if err != nil || len(all) == 0 || all[0].String() != "255.255.255.255" {
		t.Errorf("%v, %v", all, err)
	}
}
