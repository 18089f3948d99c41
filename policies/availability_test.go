package policies

import (
	"fmt"
	"testing"
)

func members(n int) []string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf("h%03d", i))
	}
	return out
}

func TestMayLose(t *testing.T) {
	number := func(n int) Amount { return Amount{Count: n, Given: true} }
	percent := func(n int) Amount { return Amount{Percent: n, Given: true} }
	for _, tt := range []struct {
		name        string
		hosts       int
		unavailable Amount
		healthy     Amount
		want        int
	}{
		{"one of three", 3, number(1), Amount{}, 1},
		{"more than there are", 3, number(7), Amount{}, 7},
		{"at least one", 3, number(0), Amount{}, 1},
		{"a third, down", 5, percent(33), Amount{}, 1},
		{"half, down", 5, percent(50), Amount{}, 2},
		{"one percent is at least one", 5, percent(1), Amount{}, 1},
		{"all", 5, percent(100), Amount{}, 5},
		{"two healthy of three", 3, Amount{}, number(2), 1},
		{"all healthy", 3, Amount{}, number(3), 0},
		{"more healthy than there are", 3, Amount{}, number(4), 0},
		{"half healthy, up", 3, Amount{}, percent(50), 1},
		{"half healthy of four", 4, Amount{}, percent(50), 2},
		{"one percent healthy is one host", 3, Amount{}, percent(1), 2},
		{"all healthy in percent", 3, Amount{}, percent(100), 0},
		{"one host, one percent", 1, Amount{}, percent(1), 0},
		{"no host at all", 0, Amount{}, number(1), 0},
	} {
		a := Availability{Hosts: members(tt.hosts), MaxUnavailable: tt.unavailable, MinHealthy: tt.healthy}
		if got := a.MayLose(); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}
