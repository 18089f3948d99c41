package runner

import (
	"context"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/become"
)

// conversation is what happens between a program that wants a password and the
// shell behind it.
type conversation struct {
	*call
	*live
	marks become.Marks
	// start, prompt and again are closed by the start mark, the first and the
	// second prompt.
	start, prompt, again <-chan struct{}
	// answered says that the password was sent, second that it was wanted again.
	answered, second bool
	// shownOut and shownErr are how much of each stream is the prompt of su and
	// what came before it.
	shownOut, shownErr int
}

func (t *conversation) watch(l *live) {
	t.start = l.stdout.Watch(t.marks.Start+"\n", 1)
	if t.r.opt.Become.Method == connectors.BecomeSudo {
		t.prompt = l.stderr.Watch(t.marks.Prompt, 1)
		t.again = l.stderr.Watch(t.marks.Prompt, 2)
	}
}

// open goes on until the shell is there (open is true), or the program ended
// with exit, or the time is over.
func (t *conversation) open(ctx context.Context) (exit Exit, open bool, err error) {
	prompt, stop := t.prompt, func() {}
	if prompt == nil {
		prompt, stop = t.unfinishedLine()
	}
	defer func() { stop() }()
	limit := time.NewTimer(t.r.opt.PromptWait)
	defer limit.Stop()
	for {
		select {
		case <-t.start:
			return Exit{}, true, nil
		case <-prompt:
			prompt = nil
			t.shown()
			if err := t.answer(ctx); err != nil {
				t.proc.Abort()
				return Exit{}, false, err
			}
			limit.Reset(t.r.opt.PromptWait)
		case <-t.again:
			t.second = true
			t.proc.Abort()
			return Exit{Code: 1}, false, nil
		case e := <-t.ended:
			if closed(t.start) {
				t.ended <- e
				return Exit{}, true, nil
			}
			if e.err != nil && ctx.Err() != nil {
				e.err = context.Cause(ctx)
			}
			t.second = closed(t.again)
			return e.exit, false, e.err
		case <-limit.C:
			return Exit{}, false, errPrompt
		case <-ctx.Done():
			return Exit{}, false, context.Cause(ctx)
		}
	}
}

// answer sends the password and wipes it. Standard input stays open. Without a
// password the program is ended before it counts a wrong one.
func (t *conversation) answer(ctx context.Context) error {
	b := t.r.opt.Become
	if b.Password == nil {
		e := become.Error(become.NeedsPassword, b, t.r.opt.Host, t.r.opt.Login, nil)
		return t.r.refuse(e)
	}
	secret, err := b.Password.Reveal(ctx)
	if err != nil {
		return &connectors.Error{Code: connectors.CodeSudo, Phase: connectors.PhaseCommand, Host: t.r.opt.Host,
			Message: "cannot read the password " + b.Password.Ref(), Err: err}
	}
	line := make([]byte, len(secret)+1)
	copy(line, secret)
	line[len(secret)] = '\n'
	clear(secret)
	defer clear(line)
	t.answered = true
	// If it cannot be written the program ended by itself: its exit status and
	// its words will tell why.
	_, _ = t.proc.Write(line)
	return nil
}

// shown remembers where the prompt of su ends, which has no mark of its own.
func (t *conversation) shown() {
	if t.prompt == nil {
		t.shownOut, t.shownErr = t.stdout.Len(), t.stderr.Len()
	}
}

// unfinishedLine is closed when the last thing on a stream is not a whole line
// and nothing came after it for a while: the prompt of su, in whatever language
// (on standard error from util-linux, on standard output from busybox).
func (t *conversation) unfinishedLine() (found <-chan struct{}, stop func()) {
	prompt, done := make(chan struct{}), make(chan struct{})
	go func() {
		tick := time.NewTicker(quiet / 3)
		defer tick.Stop()
		seen, since := 0, time.Now()
		for {
			select {
			case <-done:
				return
			case now := <-tick.C:
				if n := t.stderr.Len() + t.stdout.Len(); n != seen {
					seen, since = n, now
				}
				if (t.stderr.Unfinished() || t.stdout.Unfinished()) && now.Sub(since) >= quiet {
					close(prompt)
					return
				}
			}
		}
	}()
	return prompt, func() { close(done) }
}

// strip takes the marks out of what is handed back.
func (t *conversation) strip(r connectors.Result) connectors.Result {
	r.Stdout, r.Stderr = r.Stdout[t.shownOut:], r.Stderr[t.shownErr:]
	r.Stdout = cut(r.Stdout, t.marks.Start+"\n", 1)
	r.Stderr = cut(r.Stderr, t.marks.Prompt, -1)
	return t.bound(r)
}
