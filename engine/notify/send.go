package notify

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"

	"patchwave/connectors"
)

// Sender tells receivers. It is safe for concurrent use.
type Sender interface {
	// Send tells one receiver and returns within the sender's time, or when ctx ends,
	// whichever is first. The error is a *SendError: it may be printed and stored.
	Send(ctx context.Context, address connectors.Secret, m Message) error
}

// Options are the sender's times; 0 is the default.
type Options struct {
	// Timeout bounds one attempt; the default is ten seconds.
	Timeout time.Duration
	// Tries is how often one message is tried in a row; the default is two.
	Tries uint
	// Pause is the first pause between two tries; the default is 300 ms.
	Pause time.Duration
}

// Post is the Sender that uses shoutrrr, and go-mail for mail.
type Post struct {
	opt  Options
	chat *chat
	mail *mailer
}

// NewPost makes a Post. The first one of a process sees to it that http.DefaultClient
// goes through it; see the package's documentation.
func NewPost(opt Options) *Post { return newPost(opt, newTransport()) }

func newPost(opt Options, base http.RoundTripper) *Post {
	if opt.Timeout <= 0 {
		opt.Timeout = 10 * time.Second
	}
	if opt.Tries == 0 {
		opt.Tries = 2
	}
	if opt.Pause <= 0 {
		opt.Pause = 300 * time.Millisecond
	}
	return &Post{opt: opt, chat: newChat(newGuard(base, opt.Timeout)), mail: &mailer{timeout: opt.Timeout}}
}

// Send implements Sender.
func (p *Post) Send(ctx context.Context, address connectors.Secret, m Message) error {
	raw, err := address.Reveal(ctx)
	if err != nil {
		return final("its url cannot be read: " + err.Error()) // names the reference, never the value
	}
	defer clear(raw)
	u, err := url.Parse(strings.TrimSpace(string(raw)))
	if err != nil || u.Scheme == "" {
		return final("its url is none; it looks like slack://…, smtp://… or generic://…")
	}
	_, err = backoff.Retry(ctx, func() (struct{}, error) {
		err := p.once(ctx, *u, m)
		var f *SendError
		if errors.As(err, &f) && f.Final {
			return struct{}{}, backoff.Permanent(err)
		}
		return struct{}{}, err
	}, backoff.WithMaxTries(p.opt.Tries), backoff.WithBackOff(p.pauses()))
	if err != nil {
		return Reason(err)
	}
	return nil
}

func (p *Post) pauses() backoff.BackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval = p.opt.Pause
	return b
}

// once tries once. The attempt itself may outlive it by a moment where a library
// cannot be told to stop; its own timeout ends it.
func (p *Post) once(ctx context.Context, u url.URL, m Message) error {
	ctx, cancel := context.WithTimeout(ctx, p.opt.Timeout)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		if kindOf(&u) == "smtp" {
			done <- p.mail.send(ctx, &u, m)
		} else {
			done <- p.chat.send(&u, m)
		}
	}()
	select {
	case err := <-done:
		if err == nil {
			return nil
		}
		return Reason(err)
	case <-ctx.Done():
		return Reason(ctx.Err())
	}
}
