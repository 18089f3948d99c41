package main

import (
	"archive/zip"
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdFeed makes files that a script cannot hold as text:
//
//	feed zip FILE RECORD…      a zip of the records
//	feed gzip FILE OUT         a file packed
//	feed cut FILE OUT PERCENT  the beginning of a file
//	feed bomb zip|gzip FILE    a small file that unpacks to a very large one
//	feed scores FILE ROWS      a file of scores, as of today
//	feed date FILE DAYS        when the file was last changed, days ago
//	feed pipe FILE             a named pipe
//	feed trickle PIPE ROWS     scores into a pipe that somebody reads, and then no more
func cmdFeed(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: feed WHAT FILE …")
	}
	path := ts.MkAbs(args[1])
	switch what := args[0]; {
	case what == "zip":
		ts.Check(writeTo(path, func(w io.Writer) error { return zipRecords(ts, w, args[2:]) }))
	case what == "gzip" && len(args) == 3:
		ts.Check(writeTo(ts.MkAbs(args[2]), func(w io.Writer) error {
			z := gzip.NewWriter(w)
			_, err := io.WriteString(z, ts.ReadFile(args[1]))
			return errors.Join(err, z.Close())
		}))
	case what == "cut" && len(args) == 4:
		percent, err := strconv.Atoi(args[3])
		ts.Check(err)
		whole := ts.ReadFile(args[1])
		ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(whole[:len(whole)*percent/100]), 0o600))
	case what == "bomb" && len(args) == 3:
		ts.Check(writeTo(ts.MkAbs(args[2]), func(w io.Writer) error { return bomb(args[1], w) }))
	case what == "scores" && len(args) == 3:
		ts.Check(writeTo(path, func(w io.Writer) error { return scores(w, args[2]) }))
	case what == "date" && len(args) == 3:
		days, err := strconv.Atoi(args[2])
		ts.Check(err)
		when := time.Now().AddDate(0, 0, -days)
		ts.Check(os.Chtimes(path, when, when))
	case what == "pipe":
		ts.Check(syscall.Mkfifo(path, 0o600))
	case what == "trickle" && len(args) == 3:
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		ts.Check(err)
		ts.Defer(func() { ts.Check(f.Close()) })
		ts.Check(scores(f, args[2]))
	default:
		ts.Fatalf("feed does not know %q", args)
	}
}

func writeTo(path string, write func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}

func zipRecords(ts *testscript.TestScript, w io.Writer, names []string) error {
	z := zip.NewWriter(w)
	for _, name := range names {
		e, err := z.Create(filepath.Base(name))
		if err != nil {
			return err
		}
		if _, err := io.WriteString(e, ts.ReadFile(name)); err != nil {
			return err
		}
	}
	return z.Close()
}

// bomb is some ten thousand times smaller than what it unpacks to.
func bomb(kind string, w io.Writer) error {
	blank := strings.NewReader(strings.Repeat("\n", 200<<20))
	if kind == "gzip" {
		z := gzip.NewWriter(w)
		_, err := io.Copy(z, io.MultiReader(strings.NewReader("cve,epss,percentile\n"), blank))
		return errors.Join(err, z.Close())
	}
	z := zip.NewWriter(w)
	e, err := z.Create("CVE-2026-1001.json")
	if err == nil {
		_, err = io.Copy(e, blank)
	}
	return errors.Join(err, z.Close())
}

// scores is so many lines of scores, of today.
func scores(w io.Writer, rows string) error {
	n, err := strconv.Atoi(rows)
	if err != nil {
		return err
	}
	b := bufio.NewWriter(w)
	_, err = fmt.Fprintf(b, "#model_version:v2025.03.14,score_date:%s\ncve,epss,percentile\n", time.Now().UTC().Format("2006-01-02T15:04:05-0700"))
	for i := range n {
		_, err2 := fmt.Fprintf(b, "CVE-2026-%06d,0.5,0.5\n", i)
		err = errors.Join(err, err2)
	}
	return errors.Join(err, b.Flush())
}
