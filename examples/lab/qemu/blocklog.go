package qemu

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
)

// What the driver blklogwrites writes is the format of the device mapper's log-writes: a
// sector about the log, then for every entry a sector that says what it is, and its data.
const (
	logMagic   = 0x6a736677736872
	logSector  = 512
	isFlush    = 1
	isDiscard  = 4
	longestRun = 1 << 32 // bytes of one entry, beyond which the log is not believed
	inFlight   = 256     // how many entries the disk takes at once, of which the last may not have got into the log
)

// entry is one write, discard or flush.
type entry struct {
	flags           uint64
	offset, n, data int64 // where on the disk, how many bytes, where in the log
}

// Log is what a disk was told, in the order in which it has done it.
type Log struct {
	path    string
	entries []entry
	// Flushes are the points that a power cut can go back to, by ascending number:
	// at each the disk has everything that was written before.
	Flushes []int
}

// ReadLog reads the log of a disk whose QEMU has ended. What was being written when it was
// killed, of which the guest was told nothing, is left out; anything else that is wrong
// is an error.
func ReadLog(path string) (*Log, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it is only read
	var head [32]byte
	if _, err := io.ReadFull(f, head[:]); err != nil {
		return nil, fmt.Errorf("%s: no log: %w", path, err)
	}
	word := func(b []byte, i int) uint64 { return binary.LittleEndian.Uint64(b[8*i:]) }
	if word(head[:], 0) != logMagic || word(head[:], 1) != 1 || binary.LittleEndian.Uint32(head[24:]) != logSector {
		return nil, fmt.Errorf("%s is no log of writes that is known here", path)
	}
	l, nr, at := &Log{path: path}, word(head[:], 2), int64(logSector)
	for i := range nr {
		var b [32]byte
		if _, err := f.ReadAt(b[:], at); err != nil {
			return nil, fmt.Errorf("%s: entry %d of %d: %w", path, i, nr, err)
		}
		sector, sectors, flags := word(b[:], 0), word(b[:], 1), word(b[:], 2)
		if flags == 0 && sectors == 0 && nr-i <= inFlight {
			break
		}
		if flags&^(isFlush|isDiscard) != 0 || sectors > longestRun/logSector || sectors == 0 && flags == 0 {
			return nil, fmt.Errorf("%s: entry %d of %d: flags %#x, %d sectors: the log has a hole", path, i, nr, flags, sectors)
		}
		e := entry{flags: flags, offset: int64(sector * logSector), n: int64(sectors * logSector), data: at + logSector}
		at += logSector
		if flags&isDiscard == 0 {
			at += e.n
		}
		if flags&isFlush != 0 {
			l.Flushes = append(l.Flushes, len(l.entries))
		}
		l.entries = append(l.entries, e)
	}
	return l, nil
}

// After is the first flush that is further on in the log than so many bytes: than when it
// was so long. It is 0 where there is none.
func (l *Log) After(size int64) int {
	for _, n := range l.Flushes {
		if l.entries[n].data >= size {
			return n
		}
	}
	return 0
}

// Until is the last flush that was in the log when it was so many bytes long, or 0.
func (l *Log) Until(size int64) int {
	last := 0
	for _, n := range l.Flushes {
		if l.entries[n].data <= size {
			last = n
		}
	}
	return last
}

// Replay writes to disk what the log has from one point to another: numbers of Flushes,
// or 0 for the beginning.
func (l *Log) Replay(disk *os.File, from, to int) error {
	return l.replay(disk, from, to, func() bool { return true })
}

// Some writes a part of what came after a flush and before the next one: what a disk may
// have written of its own accord. Another seed is another part.
func (l *Log) Some(disk *os.File, from int, seed uint64) error {
	to := len(l.entries)
	for _, n := range l.Flushes {
		if n > from {
			to = n
			break
		}
	}
	chance := rand.New(rand.NewPCG(seed, uint64(from))) // the same trial again
	return l.replay(disk, from, to, func() bool { return chance.IntN(2) == 0 })
}

func (l *Log) replay(disk *os.File, from, to int, wanted func() bool) error {
	f, err := os.Open(l.path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it is only read
	for _, e := range l.entries[from:to] {
		if e.n == 0 || !wanted() {
			continue
		}
		var data io.Reader = io.NewSectionReader(f, e.data, e.n)
		if e.flags&isDiscard != 0 {
			data = io.LimitReader(zeros{}, e.n) // it may be anything
		}
		out := bufio.NewWriterSize(io.NewOffsetWriter(disk, e.offset), 1<<20)
		_, err := io.Copy(out, data)
		if err := errors.Join(err, out.Flush()); err != nil {
			return fmt.Errorf("replay %d bytes at %d: %w", e.n, e.offset, err)
		}
	}
	return nil
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
