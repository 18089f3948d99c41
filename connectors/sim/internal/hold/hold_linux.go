package hold

import (
	"fmt"
	"net"

	"golang.org/x/sys/unix"
)

// Address keeps an address for a machine that is down, so that nobody else gets its
// port meanwhile: a socket that is bound and does not listen refuses connections.
func Address(l net.Addr) (release func(), err error) {
	addr, ok := l.(*net.TCPAddr)
	if !ok || addr.IP.To4() == nil {
		return nil, fmt.Errorf("hold %s: no IPv4 address", l)
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("hold %s: %w", l, err)
	}
	sa := &unix.SockaddrInet4{Port: addr.Port, Addr: [4]byte(addr.IP.To4())}
	err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	if err == nil {
		err = unix.Bind(fd, sa)
	}
	if err != nil {
		_ = unix.Close(fd) // it was never used
		return nil, fmt.Errorf("hold %s: %w", l, err)
	}
	return func() { _ = unix.Close(fd) }, nil // nobody waits for it
}
