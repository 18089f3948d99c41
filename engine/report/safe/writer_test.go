package safe

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// stream writes b in pieces that end at the given places.
func stream(t interface{ Fatalf(string, ...any) }, b []byte, cuts []int) string {
	var out bytes.Buffer
	w := Writer(&out)
	from := 0
	for _, c := range append(cuts, len(b)) {
		to := min(max(c, from), len(b))
		n, err := w.Write(b[from:to])
		if err != nil || n != to-from {
			t.Fatalf("wrote %d of %d: %v", n, to-from, err)
		}
		from = to
	}
	if err := w.Flush(); err != nil {
		t.Fatalf("flush: %v", err)
	}
	return out.String()
}

// However a text is cut into pieces, the outcome is its Block.
func TestWriterIsBlock(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := strings.Join(rapid.SliceOf(rapid.OneOf(rapid.SampledFrom(hostile), rapid.String())).Draw(t, "text"), "")
		s += string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"))
		cuts := rapid.SliceOf(rapid.IntRange(0, len(s))).Draw(t, "cuts")
		if got := stream(t, []byte(s), cuts); got != Block(s) {
			t.Fatalf("%q cut at %v: %q, want %q", s, cuts, got, Block(s))
		}
	})
}

func TestWriterByteByByte(t *testing.T) {
	for _, s := range append(hostile, "Größe 東京 🙂\n", "\xf0\x9f\x99") {
		cuts := make([]int, len(s))
		for i := range cuts {
			cuts[i] = i
		}
		if got := stream(t, []byte(s), cuts); got != Block(s) {
			t.Errorf("%q: %q, want %q", s, got, Block(s))
		}
	}
}

func TestWriterKeepsTheBytesOfItsCaller(t *testing.T) {
	p := []byte("a\x1b\xe2\x82")
	before := bytes.Clone(p)
	w := Writer(io.Discard)
	for range 3 {
		if _, err := w.Write(p[:4]); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(p, before) {
		t.Errorf("%q", p)
	}
}

func TestWriterIsOneWriteALine(t *testing.T) {
	var c counter
	w := Writer(&c)
	for range 5 {
		if _, err := io.WriteString(w, "2026-11-22 \x1b[31m\u202e\n"); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if c != 5 {
		t.Errorf("%d writes", c)
	}
}

type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c++
	return len(p), nil
}

type broken struct{}

var errBroken = errors.New("no space left on device")

func (broken) Write([]byte) (int, error) { return 0, errBroken }

func TestWriterReportsErrors(t *testing.T) {
	w := Writer(broken{})
	if n, err := w.Write([]byte("x")); n != 0 || !errors.Is(err, errBroken) {
		t.Error(n, err)
	}
	if _, err := w.Write([]byte("\xe2")); err != nil { // nothing to write yet
		t.Error(err)
	}
	if err := w.Flush(); !errors.Is(err, errBroken) {
		t.Error(err)
	}
}

func TestWriterConcurrently(t *testing.T) {
	var out bytes.Buffer
	w := Writer(&out)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				if _, err := io.WriteString(w, "é\x1b\n"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if want := strings.Repeat("é\\x1b\n", 800); out.String() != want {
		t.Error("lines were mixed")
	}
}

func FuzzWriter(f *testing.F) {
	for _, s := range hostile {
		f.Add([]byte(s), 1, 3)
	}
	f.Fuzz(func(t *testing.T, b []byte, first, second int) {
		got := stream(t, b, []int{first, second})
		check(t, string(b), got, Block, true)
		if got != Block(string(b)) {
			t.Fatalf("%q: %q, want %q", b, got, Block(string(b)))
		}
	})
}

func BenchmarkText(b *testing.B) {
	for name, s := range map[string]string{"ascii": "openssl 3.0.11-1~deb12u2", "escape": "\x1b[31mopenssl\x1b[0m"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = Text(s)
			}
		})
	}
}
