package winrm

import (
	"context"
	"errors"

	"patchwave/connectors"
)

// channel carries one request at a time, on a connection that it opens when it
// needs one.
type channel struct {
	cfg   Config
	ep    *endpoint
	login *proof
	// turn is held by whoever uses link.
	turn chan struct{}
	link *link
}

func newChannel(cfg Config, ep *endpoint, login *proof) *channel {
	return &channel{cfg: cfg, ep: ep, login: login, turn: make(chan struct{}, 1)}
}

// post sends a SOAP message and reads the reply, within Operation and Grace after
// it is its turn. The errors are those of link.post. Nothing is sent twice, but for
// a message that the host refused because it does not know the login any more: it
// logs in again, once.
func (c *channel) post(ctx context.Context, message []byte) (*envelope, error) {
	select {
	case c.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, &brokenError{err: context.Cause(ctx)}
	}
	defer func() { <-c.turn }()
	if ctx.Err() != nil {
		return nil, &brokenError{err: context.Cause(ctx)} // and the connection stays
	}
	e, err := c.once(ctx, message)
	if errors.Is(err, errNotAccepted) {
		e, err = c.once(ctx, message)
	}
	return e, err
}

// warm opens the connection ahead, if there is none. Its error does not matter: who
// needs the connection opens it again, and gets the error.
func (c *channel) warm(ctx context.Context) {
	select {
	case c.turn <- struct{}{}:
	case <-ctx.Done():
		return
	}
	defer func() { <-c.turn }()
	if c.link == nil && ctx.Err() == nil {
		if l, err := open(ctx, c.cfg, c.ep, c.login); err == nil {
			c.link = l
		}
	}
}

func (c *channel) once(ctx context.Context, message []byte) (*envelope, error) {
	if c.link != nil && !c.link.usable() {
		c.link.close()
		c.link = nil
	}
	if c.link == nil {
		l, err := open(ctx, c.cfg, c.ep, c.login)
		if err != nil {
			return nil, err
		}
		c.link = l
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.cfg.Operation+c.cfg.Grace, errRequestTimeout)
	defer cancel()
	return c.link.post(ctx, message)
}

// close closes the connection when the request that uses it has ended: end that
// before.
func (c *channel) close() {
	c.turn <- struct{}{}
	defer func() { <-c.turn }()
	if c.link != nil {
		c.link.close()
		c.link = nil
	}
}

// passing reports whether err may pass: the connection failed, or could not be
// opened, and the host may answer a little later. A reply that came in part is lost
// for good.
func passing(err error) bool {
	if broken, ok := errors.AsType[*brokenError](err); ok {
		return !broken.partial
	}
	if known, ok := errors.AsType[*connectors.Error](err); ok {
		return known.Retry
	}
	return false
}
