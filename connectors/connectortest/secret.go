package connectortest

import (
	"context"
	"fmt"
	"sync/atomic"

	"patchwave/connectors"
)

// Secret is a connectors.Secret for tests. It counts how often it was read, and
// prints as "(sensitive)".
type Secret struct {
	// Name is its reference.
	Name  string
	Value string
	// Err is what Reveal fails with.
	Err error

	reads atomic.Int64
}

var _ connectors.Secret = (*Secret)(nil)

// Reveal returns a fresh copy of the value.
func (s *Secret) Reveal(context.Context) ([]byte, error) {
	s.reads.Add(1)
	return []byte(s.Value), s.Err
}

// Ref is the reference.
func (s *Secret) Ref() string { return s.Name }

// Reads is how often the value was read.
func (s *Secret) Reads() int { return int(s.reads.Load()) }

// Format prints no secret.
func (s *Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("(sensitive)")) } // fmt keeps the error
