package safe

import (
	"io"
	"sync"
)

// LineWriter neutralises a stream; see Writer.
type LineWriter struct {
	mu sync.Mutex
	w  io.Writer
	c  cleaner
	// rest is the beginning of a character whose end was not written yet.
	rest []byte
}

// Writer returns an io.Writer that passes to w the Block of what is written to
// it, in any pieces: beneath a logger, its own line feeds stay and nothing else
// that could act on a terminal. It calls w once for each Write. It is safe for
// concurrent use.
//
// A Write that ends within a character keeps its bytes, at most three, until the
// next Write or Flush.
func Writer(w io.Writer) *LineWriter {
	return &LineWriter{w: w, c: cleaner{keepLF: true}}
}

// Write returns len(p) or the error of the writer beneath.
func (l *LineWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.write(p, true); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Flush writes out the bytes of a character that was never finished.
func (l *LineWriter) Flush() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.write(nil, false)
}

func (l *LineWriter) write(p []byte, more bool) error {
	if len(l.rest) > 0 {
		p = append(l.rest, p...)
	}
	out, rest := l.c.clean(make([]byte, 0, len(p)+16), p, more)
	l.rest = append([]byte(nil), rest...)
	if len(out) == 0 {
		return nil
	}
	_, err := l.w.Write(out)
	return err
}
