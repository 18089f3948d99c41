package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"patchwave/engine/feeds"
	"patchwave/engine/store"
)

// importFeeds imports file after file and ends at the first that cannot be.
func (a *app) importFeeds(ctx context.Context, st *store.Store, kind feeds.Kind, paths []string) error {
	ctx, stop := a.untilSignal(ctx)
	defer stop()
	var done []store.Feed
	for _, path := range paths {
		f, err := a.importFeed(ctx, st, kind, path)
		if err != nil {
			for _, d := range done {
				a.say("imported before that: %s", d.File)
			}
			return err
		}
		done = append(done, f)
	}
	return a.showFeeds(done)
}

// feedFile is a file that is being imported.
type feedFile struct {
	f    *os.File
	name string
	// at is the whole file; nil if it cannot be read but from front to end.
	at      io.ReaderAt
	changed time.Time
	sum     hash.Hash
	size    int64
}

// Read implements io.Reader; what is read goes into the sum.
func (f *feedFile) Read(p []byte) (int, error) {
	n, err := f.f.Read(p)
	f.size += int64(n)
	f.sum.Write(p[:n])
	return n, err
}

func (a *app) openFeed(path string) (*feedFile, error) {
	out := &feedFile{name: filepath.Base(path), sum: sha256.New()}
	if path == "-" {
		in, ok := a.in.(*os.File)
		if !ok {
			return nil, errors.New("standard input is no file")
		}
		if isTerminal(in) {
			return nil, usage("- is standard input, and that is a terminal: give a file")
		}
		out.f = in
	} else {
		f, err := os.Open(path)
		if err != nil {
			return nil, usage("%w", err)
		}
		out.f = f
	}
	info, err := out.f.Stat()
	if err != nil {
		return nil, errors.Join(usage("%w", err), out.f.Close())
	}
	switch {
	case info.IsDir():
		return nil, errors.Join(usage("%s is a directory; give the files in it", path), out.f.Close())
	case info.Mode().IsRegular():
		out.changed = info.ModTime()
		if path != "-" { // a redirected file may stand anywhere
			out.at = out.f
		}
	}
	return out, nil
}

// importFeed imports one file. An error of the file is the operator's, one of the
// database is not.
func (a *app) importFeed(ctx context.Context, st *store.Store, kind feeds.Kind, path string) (feed store.Feed, err error) {
	f, err := a.openFeed(path)
	if err != nil {
		return feed, err
	}
	// what waits for the other end of a pipe ends with a signal
	undo := context.AfterFunc(ctx, func() { _ = f.f.Close() })
	defer func() {
		if undo() {
			err = errors.Join(err, f.f.Close())
		}
		if ctx.Err() != nil && err != nil {
			err = context.Cause(ctx)
		}
	}()
	limits := feeds.DefaultLimits()
	stream, err := feeds.Open(f, limits)
	if err != nil {
		return feed, usage("%s: %w", path, err)
	}
	if kind == "" {
		if kind, err = stream.Detect(); err != nil {
			return feed, usage("%s: %w", path, err)
		}
	}
	before, err := st.Feeds(ctx)
	if err != nil {
		return feed, err
	}
	im, err := st.BeginImport(ctx, kind)
	if err != nil {
		return feed, err
	}
	in := &inlet{Import: im}
	meta, err := readFeed(f, stream, kind, limits, in)
	switch {
	case in.err != nil:
		err = in.err
	case err == nil && meta.Used == 0:
		err = usage("%s: none of its %s says anything of a distribution that patchwave manages; nothing was imported", path, count(meta.Entries, "record"))
	case err != nil:
		err = usage("%s (%s): %w; nothing of it was imported", path, kind, err)
	default:
		feed = f.feed(kind, meta, a.now())
		err = im.Finish(feed)
	}
	if err != nil {
		return feed, errors.Join(err, im.Abort())
	}
	a.compareFeed(before, feed)
	return feed, nil
}

// inlet remembers what was wrong with the database, and not with the file.
type inlet struct {
	*store.Import
	err error
}

func (i *inlet) keep(err error) error {
	i.err = errors.Join(i.err, err)
	return err
}

// Fix implements feeds.Sink.
func (i *inlet) Fix(f feeds.Fix) error { return i.keep(i.Import.Fix(f)) }

// Exploited implements feeds.Sink.
func (i *inlet) Exploited(e feeds.Exploited) error { return i.keep(i.Import.Exploited(e)) }

// Score implements feeds.Sink.
func (i *inlet) Score(s feeds.Score) error { return i.keep(i.Import.Score(s)) }

// readFeed reads a file to its end. A zip that came through a pipe is put into a
// file first: its list of files is at its end.
func readFeed(f *feedFile, stream *feeds.Stream, kind feeds.Kind, limits feeds.Limits, sink feeds.Sink) (meta feeds.Meta, err error) {
	if !stream.Zip || kind != feeds.OSV {
		if meta, err = stream.Parse(kind, limits, sink); err != nil {
			return meta, err
		}
		return meta, drain(f)
	}
	at := f.at
	if at == nil {
		tmp, err := spool(stream)
		if err != nil {
			return meta, err
		}
		defer func() { err = errors.Join(err, tmp.Close()) }()
		at = tmp
	} else if err := drain(stream); err != nil {
		return meta, err
	}
	return feeds.ParseOSV(at, f.size, limits, sink)
}

func drain(r io.Reader) error {
	_, err := io.Copy(io.Discard, r)
	return err
}

// spool puts a stream into a file that has no name and goes with the process.
func spool(r *feeds.Stream) (*os.File, error) {
	tmp, err := os.CreateTemp("", "patchwave-feed-*")
	if err != nil {
		return nil, fmt.Errorf("keep what comes through the pipe: %w", err)
	}
	err = os.Remove(tmp.Name())
	w := bufio.NewWriter(tmp)
	if err == nil {
		_, err = io.Copy(w, r)
	}
	if err = errors.Join(err, w.Flush()); err != nil {
		return nil, errors.Join(fmt.Errorf("keep what comes through the pipe: %w", err), tmp.Close())
	}
	return tmp, nil
}

func (f *feedFile) feed(kind feeds.Kind, m feeds.Meta, now time.Time) store.Feed {
	out := store.Feed{Kind: kind, Scope: m.Scope(), File: f.name, SHA256: hex.EncodeToString(f.sum.Sum(nil)), Size: f.size,
		Entries: m.Entries, Used: m.Used, Dated: m.Date, DatedBy: "data", Imported: now.UTC()}
	switch {
	case !m.Date.IsZero():
	case !f.changed.IsZero():
		out.Dated, out.DatedBy = f.changed.UTC(), "file"
	default:
		out.Dated, out.DatedBy = out.Imported, "import"
	}
	return out
}

// compareFeed says what is odd about a feed beside the one whose place it took.
func (a *app) compareFeed(before []store.Feed, f store.Feed) {
	i := slices.IndexFunc(before, func(b store.Feed) bool { return b.Kind == f.Kind && b.Scope == f.Scope })
	if i < 0 {
		return
	}
	if b := before[i]; f.Dated.Before(b.Dated) {
		a.say("warning: %s is of %s, older than the data it took the place of (%s, %s)", f.File,
			f.Dated.Format(time.DateOnly), b.Dated.Format(time.DateOnly), b.File)
	} else if f.Used < b.Used/2 {
		a.say("warning: %s has %d entries to use where the feed before it had %d: is it whole?", f.File, f.Used, b.Used)
	}
}
