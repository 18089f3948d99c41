package feeds

import (
	"errors"
	"fmt"
	"io"
)

// Limits bound what is read of one feed. All sizes are in bytes.
type Limits struct {
	// File is the most that a file may have, as it is on the disk.
	File int64
	// Unpacked is the most that a file may have after unpacking.
	Unpacked int64
	// Entry is the most that one record may have; it bounds the memory.
	Entry int64
	// Entries is the most records that a feed may have.
	Entries int
	// Directory is the most that the list of files in a zip may have.
	Directory int64
	// Ratio is how many times larger than the file its content may be, beyond the
	// first 16 MiB.
	Ratio int64
	// Depth is how deep JSON may be nested.
	Depth int
}

// DefaultLimits has room for several times the feeds of today.
func DefaultLimits() Limits {
	return Limits{File: 2 << 30, Unpacked: 12 << 30, Entry: 16 << 20, Entries: 2_000_000, Directory: 64 << 20, Ratio: 200, Depth: 64}
}

// freeUnpacked is what a file may unpack to whatever its size, in bytes.
const freeUnpacked = 16 << 20

// ErrLimit says that a feed goes beyond a bound.
var ErrLimit = errors.New("refused")

func tooMuch(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrLimit, fmt.Sprintf(format, args...))
}

// unpacked returns how much a file of that size may unpack to.
func (l Limits) unpacked(size int64) int64 { return min(l.Unpacked, freeUnpacked+size*l.Ratio) }

// capped ends in an error behind left bytes, where io.LimitReader would end as
// if the file did.
type capped struct {
	r    io.Reader
	left int64
	what string
	max  int64
}

func capAt(r io.Reader, most int64, what string) *capped {
	return &capped{r: r, left: most, what: what, max: most}
}

func (c *capped) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if c.left -= int64(n); c.left < 0 {
		return 0, tooMuch("%s is larger than %d bytes", c.what, c.max)
	}
	return n, err
}

// ratio ends in an error when what was unpacked is out of proportion to what it
// was unpacked from.
type ratio struct {
	limits Limits
	packed *counter
	r      io.Reader
	out    int64
}

func (c *ratio) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.out += int64(n)
	if c.out > c.limits.unpacked(c.packed.n) {
		return 0, tooMuch("it unpacks to more than %d times its size, which no feed does (a decompression bomb?)", c.limits.Ratio)
	}
	return n, err
}

type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// jsonGuard stands before a JSON decoder, which reads a whole value into memory
// and follows any nesting: it ends in an error at a value that is too large or
// too deep. The reader of values calls next before each.
type jsonGuard struct {
	r        io.Reader
	limits   Limits
	value    int64
	depth    int
	inString bool
	escaped  bool
}

func (g *jsonGuard) next() { g.value = 0 }

func (g *jsonGuard) Read(p []byte) (int, error) {
	n, err := g.r.Read(p)
	if g.value += int64(n); g.value > g.limits.Entry {
		return 0, tooMuch("an entry is larger than %d bytes", g.limits.Entry)
	}
	for _, b := range p[:n] {
		switch {
		case g.escaped:
			g.escaped = false
		case g.inString:
			g.escaped = b == '\\'
			g.inString = b != '"'
		case b == '"':
			g.inString = true
		case b == '{' || b == '[':
			if g.depth++; g.depth > g.limits.Depth {
				return 0, tooMuch("it is nested deeper than %d levels", g.limits.Depth)
			}
		case b == '}' || b == ']':
			g.depth--
		}
	}
	return n, err
}
