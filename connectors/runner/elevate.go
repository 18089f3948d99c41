package runner

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/become"
)

// way is how a session becomes another user.
type way int

const (
	// wayUnknown: nothing was tried.
	wayUnknown way = iota
	// wayDirect: it works without a password.
	wayDirect
	// wayAsking: it works with the password.
	wayAsking
)

// errPrompt says that neither a prompt nor a shell came.
var errPrompt = errors.New("neither a prompt nor a shell came")

func (r *Runner) known() (way, *connectors.Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.way, r.refused
}

func (r *Runner) learn(w way) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.way = w
}

// refuse remembers a refusal that trying again cannot change, so that a wrong
// password is sent once in a session.
func (r *Runner) refuse(e *connectors.Error) *connectors.Error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refused = e
	return e
}

// elevated runs the command as the other user, in the way that is known to
// work; else first without a password, then with it.
func (k *call) elevated(ctx context.Context) (connectors.Result, error) {
	w, refused := k.r.known()
	if refused != nil {
		return connectors.Result{}, refused
	}
	b := k.r.opt.Become
	if w == wayAsking || become.Direct(b) == "" {
		return k.asking(ctx)
	}
	result, kind, err := k.direct(ctx)
	if err != nil || kind == "" {
		return result, err
	}
	if b.Password != nil && become.Asking(b, become.Marks{}) != "" && !kind.Final() {
		return k.asking(ctx)
	}
	e := become.Error(kind, b, k.r.opt.Host, k.r.opt.Login, lastSaid(result))
	if w == wayUnknown && kind.Final() {
		e = k.r.refuse(e)
	}
	return result, e
}

// direct tries without a password. The kind is "" if the shell was started.
func (k *call) direct(ctx context.Context) (connectors.Result, become.Kind, error) {
	marks, err := newMarks()
	if err != nil {
		return connectors.Result{}, "", err
	}
	var started <-chan struct{}
	l := k.r.launch(ctx, become.Direct(k.r.opt.Become), k.c.MaxOutput+markRoom, func(l *live) {
		started = l.stdout.Watch(marks.Start+"\n", 1)
	})
	if err := l.begin(ctx); err != nil {
		return l.result(Exit{}), "", err
	}
	l.feed(become.WithStart(k.script(), marks))
	result, err := k.finish(ctx, l)
	if closed(started) {
		result.Stdout = cut(result.Stdout, marks.Start+"\n", 1)
		k.r.learn(wayDirect)
		return k.bound(result), "", err
	}
	if err != nil || result.ExitCode == 0 {
		return result, "", err
	}
	return result, become.Classify(result.ExitCode, result.Stderr), nil
}

// asking runs the command behind the gate, answering a prompt if one comes.
func (k *call) asking(ctx context.Context) (connectors.Result, error) {
	if w, _ := k.r.known(); w == wayAsking {
		return k.behindGate(ctx, func() {})
	}
	select {
	case k.r.asking <- struct{}{}:
	case <-ctx.Done():
		return connectors.Result{}, context.Cause(ctx)
	}
	entered := sync.OnceFunc(func() { <-k.r.asking })
	defer entered()
	if _, refused := k.r.known(); refused != nil {
		return connectors.Result{}, refused
	}
	return k.behindGate(ctx, entered)
}

// behindGate holds one conversation. entered is called when the shell is there.
func (k *call) behindGate(ctx context.Context, entered func()) (connectors.Result, error) {
	b := k.r.opt.Become
	marks, err := newMarks()
	if err != nil {
		return connectors.Result{}, err
	}
	talk := &conversation{call: k, marks: marks}
	l := k.r.launch(ctx, become.Asking(b, marks), k.c.MaxOutput+markRoom, talk.watch)
	if err := l.begin(ctx); err != nil {
		return l.result(Exit{}), err
	}
	talk.live = l
	exit, open, err := talk.open(ctx)
	if !open {
		if errors.Is(err, errPrompt) { // when ctx ends it is given up already
			go l.proc.Abort() // which may take as long as the connection takes
		}
		result := talk.strip(l.result(exit))
		if err == nil {
			err = k.rejected(talk, result)
		}
		if errors.Is(err, errPrompt) {
			err = k.silent(result)
		}
		return result, err
	}
	k.r.learn(wayAsking)
	entered()
	l.feed([]byte(marks.Go+"\n"), k.script())
	result, err := k.finish(ctx, l)
	return talk.strip(result), err
}

// rejected is the error of a conversation that ended without a shell.
func (k *call) rejected(talk *conversation, result connectors.Result) error {
	b := k.r.opt.Become
	kind := become.Classify(result.ExitCode, result.Stderr)
	if talk.second || (talk.answered && !kind.Final()) {
		kind = become.WrongPassword
	}
	e := become.Error(kind, b, k.r.opt.Host, k.r.opt.Login, lastSaid(result))
	return k.r.refuse(e)
}

// lastSaid is what explains that there was no shell: a login shell that lets
// nobody in says so on standard output.
func lastSaid(result connectors.Result) []byte {
	if len(bytes.TrimSpace(result.Stderr)) == 0 {
		return result.Stdout
	}
	return result.Stderr
}

func (k *call) silent(result connectors.Result) error {
	b := k.r.opt.Become
	e := become.Error(become.Unclear, b, k.r.opt.Host, k.r.opt.Login, lastSaid(result))
	e.Message = fmt.Sprintf("%s neither asked for the password nor started a shell within %s", b.Method, k.r.opt.PromptWait)
	e.Hint = fmt.Sprintf("run `%s` by hand on the host and see what it asks", b.Method)
	return k.r.refuse(e)
}

func newMarks() (become.Marks, error) {
	var b [12]byte
	if _, err := rand.Read(b[:]); err != nil {
		return become.Marks{}, fmt.Errorf("make a mark: %w", err)
	}
	return become.NewMarks(hex.EncodeToString(b[:])), nil
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// cut removes the first n occurrences of a word, all if n < 0.
func cut(b []byte, word string, n int) []byte {
	if !bytes.Contains(b, []byte(word)) {
		return b
	}
	return bytes.Replace(b, []byte(word), nil, n)
}

// markRoom is what the streams keep over the bound, so that the marks do not
// count, in bytes.
const markRoom = 512

// bound cuts the streams to what the command allows.
func (k *call) bound(r connectors.Result) connectors.Result {
	for _, s := range []*[]byte{&r.Stdout, &r.Stderr} {
		if int64(len(*s)) > k.c.MaxOutput {
			*s, r.Truncated = (*s)[:k.c.MaxOutput], true
		}
	}
	return r
}

// quiet is how long an unfinished line has to stand before it is taken for the
// prompt of su.
const quiet = 300 * time.Millisecond
