package connectors

import (
	"errors"
	"fmt"
)

// Code is the class of an error, the same word in every report and in JSON.
type Code string

// The codes of the command contract.
const (
	CodeUnreachable Code = "unreachable"
	CodeAuth        Code = "auth"
	CodeHostKey     Code = "host-key"
	CodeLost        Code = "lost"
	CodeTimeout     Code = "timeout"
	CodeSudo        Code = "sudo"
	CodeExit        Code = "exit"
	CodeLocked      Code = "locked"
	CodeInterrupted Code = "interrupted"
	CodeDisk        Code = "disk"
	CodeDrift       Code = "drift"
	CodeGuard       Code = "guard"
	CodeUnsupported Code = "unsupported"
)

// Phase says how far a connection had come.
type Phase string

// The phases, in order.
const (
	PhaseDial      Phase = "dial"
	PhaseHandshake Phase = "handshake"
	PhaseLogin     Phase = "login"
	PhaseCommand   Phase = "command"
)

// Error is what went wrong with one host. The message is lower case and says
// what, where and what to do next; host text inside it is hostile and is
// neutralised by whoever prints it.
type Error struct {
	Code  Code
	Phase Phase
	// Host is the inventory name.
	Host string
	// Message says what happened in the operator's words.
	Message string
	// Hint says what to do next; may be empty.
	Hint string
	// Retry says that trying again, before anything began on the host, makes
	// sense.
	Retry bool
	// Err is the cause, or nil.
	Err error
}

func (e *Error) Error() string {
	s := e.Message
	if s == "" {
		s = string(e.Code)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an Error of a code and a formatted message.
func Errorf(code Code, phase Phase, host, format string, args ...any) *Error {
	return &Error{Code: code, Phase: phase, Host: host, Message: fmt.Sprintf(format, args...)}
}

// CodeOf returns the code of the first *Error in err's chain, or "" if there is
// none.
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ""
}

// BeforeLogin reports whether err says that the machine was not entered at all:
// unreachable, auth, host-key, or a timeout up to login. Such a host counts as
// unreachable; with every other error it counts as failed.
func BeforeLogin(err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return false
	}
	switch e.Code {
	case CodeUnreachable, CodeAuth, CodeHostKey:
		return true
	case CodeTimeout:
		return e.Phase != PhaseCommand
	default:
		return false
	}
}
