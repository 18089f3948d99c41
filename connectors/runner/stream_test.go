package runner

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

func take(s *Stream) (string, bool) {
	b, cut := s.Take()
	return string(b), cut
}

func TestStreamKeepsUpToItsBound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(0, 5000).Draw(t, "limit")
		data := rapid.SliceOfN(rapid.Byte(), 0, 8000).Draw(t, "data")
		reader := io.Reader(bytes.NewReader(data))
		switch rapid.IntRange(0, 3).Draw(t, "reader") {
		case 0:
			reader = iotest.OneByteReader(reader)
		case 1:
			reader = iotest.HalfReader(reader)
		case 2:
			reader = iotest.DataErrReader(reader)
		default:
		}
		s := NewStream(int64(limit), nil)
		n, err := s.ReadFrom(reader)
		if err != nil || int(n) != len(data) || s.Seen() != n {
			t.Fatalf("read %d of %d: %v", n, len(data), err)
		}
		got, cut := s.Take()
		if !bytes.Equal(got, data[:min(limit, len(data))]) || cut != (len(data) > limit) {
			t.Fatalf("kept %d of %d with a bound of %d, cut %v", len(got), len(data), limit, cut)
		}
	})
}

func TestStreamHandsOnReadErrors(t *testing.T) {
	odd := errors.New("odd")
	s := NewStream(100, nil)
	if _, err := s.ReadFrom(io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(odd))); !errors.Is(err, odd) {
		t.Errorf("got %v", err)
	}
	s = NewStream(1<<20, nil)
	if _, err := s.ReadFrom(io.MultiReader(strings.NewReader(strings.Repeat("x", 100_000)), iotest.ErrReader(odd))); !errors.Is(err, odd) {
		t.Errorf("got %v", err)
	}
	if got, _ := take(s); len(got) != 100_000 {
		t.Errorf("kept %d bytes", len(got))
	}
}

func TestStreamFindsWordsInPieces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[ab@]{0,60}`).Draw(t, "text")
		word := rapid.StringMatching(`[ab@]{1,5}`).Draw(t, "word")
		n := rapid.IntRange(1, 3).Draw(t, "n")
		limit := rapid.IntRange(0, 70).Draw(t, "limit")
		s := NewStream(int64(limit), nil)
		found := s.Watch(word, n)
		for rest := text; rest != ""; {
			size := rapid.IntRange(1, len(rest)).Draw(t, "piece")
			if _, err := s.Write([]byte(rest[:size])); err != nil {
				t.Fatal(err)
			}
			rest = rest[size:]
		}
		if got, want := closed(found), strings.Count(text, word) >= n; got != want {
			t.Fatalf("%q %d times in %q: %v, want %v", word, n, text, got, want)
		}
	})
}

func TestStreamRemembersActivity(t *testing.T) {
	var activity atomic.Int64
	s := NewStream(0, &activity)
	if _, err := s.Write([]byte("x")); err != nil || activity.Load() == 0 {
		t.Error("no activity")
	}
}

func TestNothingIsKeptAfterTake(t *testing.T) {
	s := NewStream(100, nil)
	_, _ = s.Write([]byte("before")) // never fails
	got, cut := take(s)
	_, _ = s.Write([]byte("after")) // as above
	if got != "before" || cut || s.Len() != 6 {
		t.Errorf("got %q, cut %v, %d bytes", got, cut, s.Len())
	}
}

func TestUnfinished(t *testing.T) {
	s := NewStream(100, nil)
	for _, tt := range []struct {
		piece string
		want  bool
	}{{"", false}, {"Password", true}, {": ", true}, {"\n", false}, {"x\ny", true}} {
		_, _ = s.Write([]byte(tt.piece)) // never fails
		if got := s.Unfinished(); got != tt.want {
			t.Errorf("after %q: %v", tt.piece, got)
		}
	}
}

func TestBudgetBoundsAllStreamsTogether(t *testing.T) {
	const all = 8 << 20
	b := NewBudget(all, 1<<40)
	piece := make([]byte, 64<<10)
	var streams []*Stream
	total, largest := 0, 0
	for range 100 {
		s := NewStream(16<<20, nil)
		s.budget = b
		for range 64 {
			if _, err := s.Write(piece); err != nil {
				t.Fatal(err)
			}
		}
		streams = append(streams, s)
		total += s.Len()
		largest = max(largest, s.Len())
	}
	if most := all + len(streams)*ownShare; total > most || largest > all/greed+ownShare {
		t.Errorf("%d bytes are held, the largest stream has %d", total, largest)
	}
	for i, s := range streams {
		if got, cut := s.Take(); len(got) < ownShare || !cut {
			t.Errorf("stream %d holds %d bytes, cut %v", i, len(got), cut)
		}
	}
	if b.left != all {
		t.Errorf("%d bytes are left, want %d", b.left, all)
	}
}

func TestPace(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	b := NewBudget(0, 1<<20)
	b.Pace(ctx, 1<<17) // the burst
	cancel()
	b.Pace(ctx, 1<<40) // returns because ctx has ended
	var none *Budget
	none.Pace(ctx, 1)
	none.shrink(1)
	if !none.grow(1 << 60) {
		t.Error("a nil budget bounds something")
	}
}
