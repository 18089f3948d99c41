package policies

import (
	"testing"

	"pgregory.net/rapid"
)

func TestAmountOf(t *testing.T) {
	for _, tt := range []struct {
		a           Amount
		total, want int
	}{
		{Amount{Count: 3, Given: true}, 10, 3},
		{Amount{Count: 0, Given: true}, 10, 0},
		{Amount{Percent: 10, Given: true}, 99, 9},
		{Amount{Percent: 10, Given: true}, 100, 10},
		{Amount{Percent: 1, Given: true}, 3, 1},
		{Amount{Percent: 100, Given: true}, 7, 7},
		{Amount{Percent: 25, Given: true}, 0, 1},
		{Amount{}, 10, 0},
	} {
		if got := tt.a.Of(tt.total); got != tt.want {
			t.Errorf("%+v of %d = %d, want %d", tt.a, tt.total, got, tt.want)
		}
	}
}

func TestWaveSizes(t *testing.T) {
	for _, tt := range []struct {
		w           Wave
		total, left int
		want        int
	}{
		{Wave{Count: 2}, 10, 10, 2},
		{Wave{Count: 2}, 10, 1, 1},
		{Wave{Percent: 10}, 25, 23, 2},
		{Wave{Percent: 1}, 25, 23, 1},
		{Wave{Percent: 50}, 25, 3, 3},
		{Wave{Percent: 50}, 25, 0, 0},
		{Wave{}, 25, 11, 11},
	} {
		if got := tt.w.Size(tt.total, tt.left); got != tt.want {
			t.Errorf("%+v of %d, %d left: %d, want %d", tt.w, tt.total, tt.left, got, tt.want)
		}
	}
}

func TestBatchSize(t *testing.T) {
	count := func(n int) Amount { return Amount{Count: n, Given: true} }
	percent := func(n int) Amount { return Amount{Percent: n, Given: true} }
	for _, tt := range []struct {
		w           Wave
		total, want int
	}{
		{Wave{}, 100, DefaultBatch},
		{Wave{}, 3, DefaultBatch},
		{Wave{Batch: count(20)}, 100, 20},
		{Wave{Batch: percent(25)}, 100, 25},
		{Wave{Batch: percent(25)}, 3, 1},
		{Wave{Batch: count(20), MaxUnavailable: count(3)}, 100, 3},
		{Wave{Batch: count(2), MaxUnavailable: percent(30)}, 100, 2},
		{Wave{MaxUnavailable: percent(30)}, 20, 6},
		{Wave{Batch: count(20), MaxUnavailable: count(0)}, 100, 1},
	} {
		if got := tt.w.BatchSize(tt.total); got != tt.want {
			t.Errorf("%+v of %d = %d, want %d", tt.w, tt.total, got, tt.want)
		}
	}
}

// TestWavesTakeEveryHostOnce: the sizes add up to what is not left over, and a
// last wave without a size leaves nothing.
func TestWavesTakeEveryHostOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		total := rapid.IntRange(0, 5000).Draw(t, "hosts")
		r := Rollout{Waves: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Wave {
			if rapid.Bool().Draw(t, "count") {
				return Wave{Count: rapid.IntRange(1, 50).Draw(t, "hosts of the wave")}
			}
			return Wave{Percent: rapid.IntRange(1, 100).Draw(t, "percent")}
		}), 0, 5).Draw(t, "waves")}
		left := total
		for _, w := range r.Waves {
			n := w.Size(total, left)
			if n < 0 || n > left || (n == 0 && left > 0) {
				t.Fatalf("wave %+v takes %d of %d", w, n, left)
			}
			left -= n
		}
		if r.LeftOver(total) != left {
			t.Fatalf("LeftOver = %d, want %d", r.LeftOver(total), left)
		}
		r.Waves = append(r.Waves, Wave{})
		if r.LeftOver(total) != 0 {
			t.Fatalf("a last wave leaves %d", r.LeftOver(total))
		}
	})
}
