package wsman

import "sync/atomic"

// Counters is what a machine has seen, and what lives on it.
type Counters struct {
	// Connections and Requests are all there were.
	Connections, Requests int64
	// Handshakes are NTLM negotiations that were begun, Logins those that ended well.
	// Unauthorized are answers with 401; two belong to each negotiation.
	Handshakes, Logins, Unauthorized int64
	// AuthorizationBytes are all bytes of all Authorization headers.
	AuthorizationBytes int64
	// Sealed and Plain are requests with SOAP, by how their body came. Plain over TLS
	// is Plain.
	Sealed, Plain int64
	// Operations are the requests for each operation, those that failed too.
	Creates, Commands, Receives, Sends, Signals, Deletes int64

	// OpenConnections, LiveShells and LiveCommands are there now; a command lives
	// until it is terminated. Running are the commands that have not ended, Waiting
	// the Receives that wait for output.
	OpenConnections, LiveShells, LiveCommands, Running, Waiting int
}

type counters struct {
	connections, requests, handshakes, logins, unauthorized, authorizationBytes, sealed, plain atomic.Int64
	creates, commands, receives, sends, signals, deletes                                       atomic.Int64
}

// of is the counter of an operation.
func (c *counters) of(op Operation) *atomic.Int64 {
	return map[Operation]*atomic.Int64{
		OpCreate: &c.creates, OpCommand: &c.commands, OpReceive: &c.receives,
		OpSend: &c.sends, OpSignal: &c.signals, OpDelete: &c.deletes,
	}[op]
}

// Counters is what the machine has seen since it was started.
func (s *Server) Counters() Counters {
	c := Counters{
		Connections: s.count.connections.Load(), Requests: s.count.requests.Load(),
		Handshakes: s.count.handshakes.Load(), Logins: s.count.logins.Load(), Unauthorized: s.count.unauthorized.Load(),
		AuthorizationBytes: s.count.authorizationBytes.Load(), Sealed: s.count.sealed.Load(), Plain: s.count.plain.Load(),
		Creates: s.count.creates.Load(), Commands: s.count.commands.Load(), Receives: s.count.receives.Load(),
		Sends: s.count.sends.Load(), Signals: s.count.signals.Load(), Deletes: s.count.deletes.Load(),
	}
	s.net.Lock()
	c.OpenConnections = len(s.conns)
	s.net.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	c.LiveShells, c.Running = len(s.shells), s.running
	for _, sh := range s.shells {
		c.LiveCommands += len(sh.commands)
		for _, cmd := range sh.commands {
			c.Waiting += cmd.receivers()
		}
	}
	return c
}
