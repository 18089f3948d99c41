package ssh

import (
	"context"
	"errors"

	"golang.org/x/crypto/ssh"
)

// spare is a channel that was opened before it is needed. It saves a round trip
// for each command but the first two: many sessions run only one, and should not
// pay for another.
type spare struct {
	// commands is how many were started.
	commands int
	// coming gets the channel, or an error; nil if none was asked for.
	coming chan opened
	// refused says that the host has no room for one.
	refused bool
}

type opened struct {
	ch   ssh.Channel
	reqs <-chan *ssh.Request
	err  error
}

// prepare opens a channel for the next command.
func (s *session) prepare() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spare.commands++
	if s.spare.commands < 2 || s.spare.coming != nil || s.spare.refused {
		return
	}
	coming := make(chan opened, 1)
	s.spare.coming = coming
	go func() {
		var o opened
		o.ch, o.reqs, o.err = s.link.client.OpenChannel("session", nil)
		if o.err != nil {
			s.mu.Lock()
			s.spare.refused = true
			s.mu.Unlock()
		}
		coming <- o
	}()
}

// open returns the spare channel, or opens one. The error is an
// *ssh.OpenChannelError if the host has no room.
func (s *session) open(ctx context.Context) (ssh.Channel, <-chan *ssh.Request, error) {
	s.mu.Lock()
	coming := s.spare.coming
	s.spare.coming = nil
	s.mu.Unlock()
	if coming != nil {
		select {
		case o := <-coming:
			if o.err == nil && !ended(o.reqs) {
				return o.ch, o.reqs, nil
			}
		case <-ctx.Done():
			go discard(coming)
			return nil, nil, context.Cause(ctx)
		}
	}
	ch, reqs, err := s.link.client.OpenChannel("session", nil)
	if _, full := errors.AsType[*ssh.OpenChannelError](err); full {
		s.mu.Lock()
		s.spare.refused = true
		s.mu.Unlock()
	} else if err != nil {
		err = s.lost(err)
	}
	return ch, reqs, err
}

// discard closes a spare channel that nobody waits for any more.
func discard(coming <-chan opened) {
	o := <-coming
	if o.err != nil {
		return
	}
	_ = o.ch.Close() // it is not needed
	ssh.DiscardRequests(o.reqs)
}

// ended reports whether the host closed a channel on which nothing was started.
func ended(reqs <-chan *ssh.Request) bool {
	for {
		select {
		case req, ok := <-reqs:
			if !ok {
				return true
			}
			if req.WantReply {
				_ = req.Reply(false, nil) // if it cannot be sent the channel is closing
			}
		default:
			return false
		}
	}
}
