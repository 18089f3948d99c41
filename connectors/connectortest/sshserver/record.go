package sshserver

import (
	"bytes"
	"encoding/binary"
	"net"
	"sync"
)

// Record is what one client sent until it was logged in.
type Record struct {
	mu      sync.Mutex
	data    []byte
	stopped bool
}

func (r *Record) add(p []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.stopped {
		r.data = append(r.data, p...)
	}
}

func (r *Record) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopped = true
}

// Clear returns the types of the messages that the client sent in the clear (RFC
// 4253, section 6 and 12), and whether anything followed its NEWKEYS (21): the
// first thing after that asks for authentication.
func (r *Record) Clear() (types []byte, more bool) {
	r.mu.Lock()
	data := bytes.Clone(r.data)
	r.mu.Unlock()
	_, rest, ok := bytes.Cut(data, []byte("\n"))
	if !ok {
		return nil, false
	}
	for len(rest) >= 6 {
		length := int(binary.BigEndian.Uint32(rest))
		if len(rest) < 4+length {
			return types, false
		}
		types = append(types, rest[5])
		last := rest[5]
		rest = rest[4+length:]
		if last == 21 {
			return types, len(rest) > 0
		}
	}
	return types, false
}

type recordedConn struct {
	net.Conn
	record *Record
}

func (c *recordedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.record.add(p[:n])
	return n, err
}
