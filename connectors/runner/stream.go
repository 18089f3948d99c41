package runner

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Sizes of the buffers, in bytes.
const (
	// firstRead is what a stream that never talks costs.
	firstRead = 1 << 10
	// scratchSize is the buffer into which bytes over the bound are read.
	scratchSize = 32 << 10
)

var scratch = sync.Pool{New: func() any { return new([scratchSize]byte) }}

// Stream keeps the first bytes of one output of a command, up to a bound, and
// throws the rest away while it arrives. It is safe for one writer and many
// readers. Its memory counts against the budget until Take.
type Stream struct {
	max      int
	activity *atomic.Int64
	// budget is what the stream shares with others.
	budget *Budget
	// discarded is told how much was thrown away; nil if nobody wants to know.
	discarded func(n int)

	mu        sync.Mutex
	seen      int64
	buf       []byte
	granted   int64
	truncated bool
	closed    bool
	watches   []*watch
}

// watch waits for the nth occurrence of a word, whether it is kept or not.
type watch struct {
	word []byte
	left int
	// seen is the end of what came before, shorter than the word.
	seen  []byte
	found chan struct{}
}

// NewStream makes a stream that keeps at most max bytes. activity, if not nil,
// is set to the time of each piece that arrives, in nanoseconds.
func NewStream(limit int64, activity *atomic.Int64) *Stream {
	return &Stream{max: int(limit), activity: activity}
}

// Write keeps what fits. It never fails.
func (s *Stream) Write(p []byte) (int, error) {
	s.touch()
	if n := len(p) - s.keep(p); n > 0 && s.discarded != nil {
		s.discarded(n)
	}
	return len(p), nil
}

// keep keeps what fits of p and returns how much that is.
func (s *Stream) keep(p []byte) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen += int64(len(p))
	n := min(len(p), s.room(len(p)))
	if n < len(p) {
		s.truncated = true
	}
	s.buf = append(s.buf, p[:n]...)
	s.scan(p)
	return n
}

// ReadFrom reads r to its end. It reads straight into what it keeps, so that
// copying a quiet stream needs no buffer of its own.
func (s *Stream) ReadFrom(r io.Reader) (total int64, err error) {
	piece := make([]byte, firstRead)
	for {
		n, err := r.Read(piece)
		total += int64(n)
		if n > 0 {
			if _, werr := s.Write(piece[:n]); werr != nil {
				return total, werr
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return total, nil
		case err != nil:
			return total, err
		case n == len(piece) && len(piece) == firstRead:
			// It talks a lot: borrow a bigger buffer for as long as it does.
			more, err := s.readMany(r)
			total += more
			if err != nil {
				if errors.Is(err, io.EOF) {
					err = nil
				}
				return total, err
			}
		}
	}
}

// readMany reads with a shared buffer until a read does not fill the small one,
// or fails; io.EOF is returned as such.
func (s *Stream) readMany(r io.Reader) (total int64, err error) {
	big := scratch.Get().(*[scratchSize]byte)
	defer scratch.Put(big)
	for {
		n, err := r.Read(big[:])
		total += int64(n)
		if _, werr := s.Write(big[:n]); werr != nil {
			return total, werr
		}
		if err != nil {
			return total, err
		}
		if n < firstRead {
			return total, nil
		}
	}
}

func (s *Stream) touch() {
	if s.activity != nil {
		s.activity.Store(time.Now().UnixNano())
	}
}

// room is how much of n bytes may be kept.
func (s *Stream) room(n int) int {
	if s.closed {
		return 0
	}
	n = min(n, s.max-len(s.buf))
	for int64(len(s.buf)+n) > ownShare+s.granted {
		if !s.budget.grow(s.granted) {
			return max(0, int(ownShare+s.granted)-len(s.buf))
		}
		s.granted += grant
	}
	return n
}

// Watch returns a channel that is closed when word was seen n times. Call it
// before the command starts: what has come already is not searched.
func (s *Stream) Watch(word string, n int) <-chan struct{} {
	w := &watch{word: []byte(word), left: n, found: make(chan struct{})}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watches = append(s.watches, w)
	return w.found
}

// scan looks for the watched words in what is new.
func (s *Stream) scan(p []byte) {
	if len(s.watches) == 0 {
		return
	}
	s.watches = slices.DeleteFunc(s.watches, func(w *watch) bool { return w.scan(p) })
}

// scan reports whether the word has now come often enough.
func (w *watch) scan(p []byte) bool {
	text := append(w.seen, p...)
	for {
		at := bytes.Index(text, w.word)
		if at < 0 {
			break
		}
		text = text[at+len(w.word):]
		if w.left--; w.left == 0 {
			close(w.found)
			return true
		}
	}
	w.seen = bytes.Clone(text[max(0, len(text)-len(w.word)+1):])
	return false
}

// Len returns how many bytes were kept so far.
func (s *Stream) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.buf)
}

// Seen returns how many bytes arrived, kept or not.
func (s *Stream) Seen() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen
}

// Unfinished reports whether what was kept ends in the middle of a line.
func (s *Stream) Unfinished() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.buf) > 0 && s.buf[len(s.buf)-1] != '\n'
}

// Take returns what was kept and whether something was thrown away. What
// arrives later is thrown away.
func (s *Stream) Take() ([]byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.budget.shrink(s.granted)
	s.granted = 0
	return s.buf, s.truncated
}
