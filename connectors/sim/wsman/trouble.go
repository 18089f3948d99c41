package wsman

import (
	"maps"
	"time"
)

// Operation is what a request asks for.
type Operation string

// The operations of a shell.
const (
	OpCreate  Operation = "Create"
	OpCommand Operation = "Command"
	OpReceive Operation = "Receive"
	OpSend    Operation = "Send"
	OpSignal  Operation = "Signal"
	OpDelete  Operation = "Delete"
)

// Trouble is what is wrong with a machine. The zero value is a machine that works.
// What its maps hold must not be changed once a machine has it.
type Trouble struct {
	// Deaf: connections are accepted by the kernel, and nobody reads them, not even
	// for a handshake of TLS.
	Deaf bool
	// Silent: requests are read and never answered. Those that wait stay without
	// an answer when the trouble is over.
	Silent bool
	// Delay is how long it takes before a request is looked at.
	Delay time.Duration
	// Trickle is how long each byte of the body of a reply takes. The headers come
	// at once.
	Trickle time.Duration
	// Flood is the size of the body of every reply of an operation, in bytes; it
	// begins as it should. Negative means that it never ends.
	Flood int64

	// Unavailable: every request is answered with 503 and a page of HTML.
	Unavailable bool
	// Redirect is a URL that every request is sent to, with RedirectStatus (302, 307,
	// 308); 0 means 307.
	Redirect       string
	RedirectStatus int
	// NoLogin: nobody can log in, whoever it is.
	NoLogin bool

	// Challenge stands in the place of the server's message of NTLM: one that is broken,
	// or asks for less than the client wants.
	Challenge []byte
	// Tampered: one bit of every sealed reply is another one. Unsealed: replies to
	// sealed requests are not sealed. Somebody on the way can do both.
	Tampered, Unsealed bool

	// Fail are operations that fail.
	Fail map[Operation]Failure
	// FaultText stands in faults for all that the machine says in words, FaultLanguage
	// is the language that it says it is ("de-DE").
	FaultText, FaultLanguage string

	// DoneAlone: the end of a command comes in a reply of its own.
	DoneAlone bool
	// ForgetLost: output in a reply that did not reach the client is gone. Else the
	// next Receive has it.
	ForgetLost bool
	// Repeat: each answer to Receive comes twice.
	Repeat bool
}

// Failure is how an operation fails. One of Fault, Body, Status, Reset is set.
type Failure struct {
	// Fault is what the client gets.
	Fault *Fault
	// Body stands in the place of the envelope, whatever it is, with Status (0 means
	// 200), and is sealed as that would be.
	Body []byte
	// Status is an HTTP status without a body.
	Status int
	// Reset: the connection is reset without an answer.
	Reset bool
	// After: the operation is done all the same, only its answer is lost.
	After bool
	// Skip is how many requests work before it fails, Times how many then fail; 0
	// means all.
	Skip, Times int
}

// Trouble is what is wrong with the machine.
func (s *Server) Trouble() Trouble {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.trouble
}

// SetTrouble makes something wrong with the machine from now on, and what was wrong
// with it before right.
func (s *Server) SetTrouble(t Trouble) {
	t.Fail = maps.Clone(t.Fail)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble = t
	clear(s.tries)
	close(s.eased)
	s.eased = make(chan struct{})
}

// failure is how this request for an operation fails, if it does.
func (s *Server) failure(op Operation) (Failure, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, ok := s.trouble.Fail[op]
	if !ok {
		return Failure{}, false
	}
	s.tries[op]++
	n := s.tries[op] - f.Skip
	return f, n > 0 && (f.Times == 0 || n <= f.Times)
}
