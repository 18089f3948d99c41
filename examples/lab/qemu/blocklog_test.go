package qemu

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// written makes a log of sectors: the letter is what each is filled with, "-" a discard of
// sector 0, "|" a flush, "0" an entry of which only the place is there. nr is how many of
// them the head tells of.
func written(t *testing.T, nr int, what string) string {
	t.Helper()
	sector := func(words ...uint64) []byte {
		b := make([]byte, logSector)
		for i, w := range words {
			binary.LittleEndian.PutUint64(b[8*i:], w)
		}
		return b
	}
	text := sector(logMagic, 1, uint64(nr), logSector)
	for i, c := range what {
		switch c {
		case '|':
			text = append(text, sector(0, 0, isFlush)...)
		case '-':
			text = append(text, sector(0, 1, isDiscard)...)
		case '0':
			text = append(text, make([]byte, 2*logSector)...)
		default:
			text = append(append(text, sector(uint64(i%4), 1)...), bytes.Repeat([]byte{byte(c)}, logSector)...)
		}
	}
	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestReplay: at each flush the disk has what was written before, and nothing else.
func TestReplay(t *testing.T) {
	l, err := ReadLog(written(t, 9, "ab|cd|-|e"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(t.TempDir(), "disk"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if err := f.Truncate(4 * logSector); err != nil {
		t.Fatal(err)
	}
	at, got := 0, []string{}
	for _, to := range append(l.Flushes, len(l.entries)) {
		if err := l.Replay(f, at, to); err != nil {
			t.Fatal(err)
		}
		at = to
		disk, s := make([]byte, 4*logSector), ""
		if _, err := f.ReadAt(disk, 0); err != nil {
			t.Fatal(err)
		}
		for i := range 4 {
			s += strings.ReplaceAll(string(disk[i*logSector]), "\x00", ".")
		}
		got = append(got, s)
	}
	if want := "ab.. db.c .b.c eb.c"; strings.Join(got, " ") != want {
		t.Errorf("%q, want %q", got, want)
	}
	if n := l.After(3 * logSector); n != 2 {
		t.Errorf("the first flush after the second entry: %d", n)
	}
}

// TestSome: of what comes after a flush a part is written, and nothing after the next one.
func TestSome(t *testing.T) {
	l, err := ReadLog(written(t, 6, "|abc|d"))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for seed := range uint64(50) {
		path := filepath.Join(t.TempDir(), "disk")
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Some(f, 0, seed); err != nil {
			t.Fatal(err)
		}
		disk, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		seen[strings.Trim(string(bytes.ReplaceAll(disk, []byte{0}, nil)), "")] = true
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		if bytes.ContainsAny(disk, "d") {
			t.Error("it has what comes after the next flush")
		}
	}
	if len(seen) != 8 {
		t.Errorf("%d of 8 parts of three writes", len(seen))
	}
}

// TestReadLogTorn: what was being written when the power was cut is nothing, a hole
// further back is an error, as is what is no log.
func TestReadLogTorn(t *testing.T) {
	l, err := ReadLog(written(t, 4, "a|0b"))
	if err != nil || len(l.entries) != 2 {
		t.Errorf("%v, %v", l, err)
	}
	if l, err := ReadLog(written(t, 400, "a|0b")); err == nil {
		t.Errorf("a hole: %v", l)
	}
	if l, err := ReadLog(written(t, 9, "a|")); err == nil {
		t.Errorf("too short: %v", l)
	}
	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	if l, err := ReadLog(path); err == nil {
		t.Errorf("no log: %v", l)
	}
}
