package script

import (
	"errors"
	"fmt"

	"patchwave/connectors"
	"patchwave/connectors/framing"
	"patchwave/connectors/posix"
	"patchwave/connectors/powershell"
)

// Script is a named, versioned program that runs on a host, in one language or
// in two that print the same frames for the same arguments.
type Script struct {
	// Name is lower-case letters, digits and dashes ("scan").
	Name    string
	Version int
	// Sh is the body in POSIX sh, PowerShell the one in PowerShell 5.1; "" where the
	// script does not exist in that language.
	Sh, PowerShell string
}

// Encode renders one call of s in the language of a session. The error has code
// unsupported if s does not exist in it.
func Encode(d connectors.Dialect, s Script, nonce string, args map[string]string) ([]byte, error) {
	c := framing.Call{Name: s.Name, Version: s.Version, Nonce: nonce, Args: args}
	switch {
	case d == connectors.DialectSh && s.Sh != "":
		c.Body = s.Sh
		return posix.Encode(c)
	case d == connectors.DialectPowerShell && s.PowerShell != "":
		c.Body = s.PowerShell
		return powershell.Encode(c)
	default:
		return nil, connectors.Errorf(connectors.CodeUnsupported, connectors.PhaseCommand, "",
			"what script %s does cannot be done over a session that speaks %s", s.Name, d)
	}
}

// named adds the host to an error of Encode.
func named(err error, host string) error {
	if e, ok := errors.AsType[*connectors.Error](err); ok {
		e.Host = host
	}
	return fmt.Errorf("on %s: %w", host, err)
}
