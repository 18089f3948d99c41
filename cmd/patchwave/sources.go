package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"patchwave/engine/config"
	"patchwave/inventory/source"
)

// sourceOutput is config.Options.SourceOutput: what a source of type command
// printed.
type sourceOutput func(config.SourceCommand) ([]byte, time.Time, error)

// sourceTimeout bounds how long a command may take to list the hosts.
const sourceTimeout = 2 * time.Minute

// maxComplaint bounds how much of what a failed command said is shown, in bytes.
const maxComplaint = 2000

// freshSources runs commands: for those of patchwave that contact hosts.
func (a *app) freshSources(ctx context.Context) sourceOutput {
	return func(c config.SourceCommand) ([]byte, time.Time, error) {
		ctx, cancel := context.WithTimeout(ctx, sourceTimeout)
		defer cancel()
		cmd := exec.CommandContext(ctx, c.Command[0], c.Command[1:]...)
		cmd.Dir = c.Dir
		cmd.WaitDelay = time.Second // a grandchild may keep the pipe
		out, complaint := &limited{most: source.MaxBytes}, &limited{most: maxComplaint}
		cmd.Stdout, cmd.Stderr = out, complaint
		err := cmd.Run()
		switch {
		case errors.Is(ctx.Err(), context.DeadlineExceeded):
			return nil, time.Time{}, fmt.Errorf("%s did not end within %s", c.Command[0], sourceTimeout)
		case err != nil:
			return nil, time.Time{}, fmt.Errorf("run %s: %w%s", c.Command[0], err, said(complaint.kept.Bytes()))
		case out.over:
			return nil, time.Time{}, fmt.Errorf("%s printed more than %d MiB", c.Command[0], source.MaxBytes>>20)
		}
		now := a.now()
		if err := keepOutput(a.sourceFile(c), c.Command, now, out.kept.Bytes()); err != nil {
			return nil, time.Time{}, fmt.Errorf("keep the output of source %s: %w", c.Name, err)
		}
		return out.kept.Bytes(), now, nil
	}
}

// said is what a command complained about, in a sentence.
func said(b []byte) string {
	if s := strings.TrimSpace(string(b)); s != "" {
		return "; it said: " + s
	}
	return ""
}

// keptSources uses what commands printed when they last ran, and says how old that
// is: for commands that contact no host.
func (a *app) keptSources(c config.SourceCommand) ([]byte, time.Time, error) {
	out, at, err := a.quietSources(c)
	if err == nil {
		a.say("source %s: what its command printed %s is used", c.Name, ago(a.now().Sub(at)))
	}
	return out, at, err
}

// quietSources is keptSources without a word, for shell completion.
func (a *app) quietSources(c config.SourceCommand) ([]byte, time.Time, error) {
	text, err := os.ReadFile(a.sourceFile(c))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, time.Time{}, config.ErrNoOutput
	}
	if err != nil {
		return nil, time.Time{}, err
	}
	head, out, _ := bytes.Cut(text, []byte("\n"))
	digest, stamp, _ := strings.Cut(strings.TrimPrefix(string(head), sourceMagic), " ")
	at, err := time.Parse(time.RFC3339, stamp)
	if err != nil || digest != commandDigest(c.Command) {
		return nil, time.Time{}, config.ErrNoOutput // another command, or another form
	}
	return out, at, nil
}

// sourceFile is where the output of a source is kept: beside the database.
func (a *app) sourceFile(c config.SourceCommand) string {
	db := a.flags.db
	if db == "" {
		db = c.Database
	}
	if db == "" {
		db = a.defaultDB()
	}
	return filepath.Join(db+".sources", c.Name+".out")
}

// sourceMagic begins the first line of such a file; the digest of the command and
// the time follow.
const sourceMagic = "patchwave-source-1 "

func commandDigest(command []string) string {
	sum := sha256.Sum256([]byte(strings.Join(command, "\x00")))
	return hex.EncodeToString(sum[:])
}

// keepOutput writes a file as a whole or not at all: readers run at any time.
func keepOutput(path string, command []string, at time.Time, out []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(fmt.Appendf(nil, "%s%s %s\n%s", sourceMagic, commandDigest(command), at.UTC().Format(time.RFC3339), out))
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// limited keeps the beginning of what is written to it, and says whether there was
// more. The buffer is a field: embedded, it would be filled past Write.
type limited struct {
	kept bytes.Buffer
	most int
	over bool
}

// Write takes everything, so that who writes goes on.
func (l *limited) Write(p []byte) (int, error) {
	room := l.most - l.kept.Len()
	if len(p) <= room {
		return l.kept.Write(p)
	}
	l.over = true
	_, err := l.kept.Write(p[:room])
	return len(p), err
}
