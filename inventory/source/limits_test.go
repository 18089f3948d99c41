package source_test

import (
	"fmt"
	"strings"
	"testing"

	"patchwave/inventory/source"
)

// TestLimits: what is out of proportion is refused, or read at once.
func TestLimits(t *testing.T) {
	lines := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(strings.ReplaceAll(format, "#", fmt.Sprint(i)))
		}
		return b.String()
	}
	tests := []struct {
		name, path, text string
		wrong            string // in the error; "" for none
		hosts            int
	}{
		{"a quarter of a million hosts", "hosts.ini", "[web]\na[1:65536]\nb[1:65536]\nc[1:65536]\nd[1:65536] x=1\n", "", 262_144},
		{"one more", "hosts.ini", "[web]\na[1:65536]\nb[1:65536]\nc[1:65536]\nd[1:65536]\ne\n", "more than 262144 hosts", 0},
		{"a range that is too long", "hosts.ini", "a[0:65536]\n", "65536 hosts at most", 0},
		{"ranges that multiply", "hosts.ini", "a[1:300]-[1:300]\n", "more than 65536 hosts", 0},
		{"many ranges", "hosts.ini", "a" + strings.Repeat("[1:1]", 20) + "\n", "more than 8 ranges", 0},
		{"a huge number", "hosts.ini", "a[1:99999999999999999999]\n", "too large", 0},
		{"many groups", "hosts.ini", lines(20_001, "[g#]\n"), "more than 20000 groups", 0},
		{"a deep chain of groups", "hosts.ini", lines(300, "[g#:children]\nh#\n[h#:children]\ng#x\n") + lines(300, "[g#x]\n"), "", 0},
		{"groups in groups in groups", "hosts.ini", "[g300]\n" + func() string {
			var b strings.Builder
			for i := range 300 {
				fmt.Fprintf(&b, "[g%d:children]\ng%d\n", i, i+1)
			}
			return b.String()
		}(), "lies in more than 200 groups", 0},
		{"every host in every group", "hosts.ini", lines(2000, "[g#]\nh[1:200]\n"), "", 200},
		{"a group of its own for each of many hosts", "hosts.ini", lines(15_000, "[g#]\nh#\n"), "", 15_000},
		{"too many variables", "hosts.ini", "[all:vars]\n" + lines(2000, "v#=1\n") + "[web]\nh[1:60000] a=1\n", "too many variables", 0},
		{"a bomb of aliases", "hosts.yml", "a: &a [x, x, x, x, x, x, x, x, x]\n" + func() string {
			var b strings.Builder
			for c := 'b'; c < 'k'; c++ {
				fmt.Fprintf(&b, "%c: &%c [*%c, *%c, *%c, *%c, *%c, *%c, *%c, *%c, *%c]\n", c, c, c-1, c-1, c-1, c-1, c-1, c-1, c-1, c-1, c-1)
			}
			return b.String()
		}() + "all: {vars: {x: *j}}\n", "too many values", 0},
		{"brackets", "hosts.yml", "a: " + strings.Repeat("[", 100_000), "nested too deeply", 0},
		{"dashes", "hosts.yml", strings.Repeat("- ", 100_000), "nested too deeply", 0},
		{"deep but short", "hosts.yml", "a: {vars: {x: " + strings.Repeat("[", 200) + strings.Repeat("]", 200) + "}}", "nested deeper than 100", 0},
		{"deep JSON", "x.json", `{"_meta": {"hostvars": {"h": ` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}}}`, "are no object", 0},
		{"python brackets", "hosts.ini", "[all:vars]\nx=" + strings.Repeat("[", 1_000_000) + "\n", "", 0},
		{"python signs", "hosts.ini", "[all:vars]\nx=" + strings.Repeat("- ", 1_000_000) + "1\n", "", 0},
		{"a long line", "hosts.ini", "h a='" + strings.Repeat("x", 4<<20) + "'\n", "", 1},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			res, err := source.Parse(source.Input{Kind: source.Ansible, Path: tc.path, Files: map[string][]byte{tc.path: []byte(tc.text)}})
			if tc.wrong != "" {
				if err == nil || !strings.Contains(err.Error(), tc.wrong) || !strings.HasPrefix(err.Error(), tc.path+":") {
					t.Errorf("got the error %v, want %q with its place", err, tc.wrong)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if len(res.Hosts) != tc.hosts {
				t.Errorf("%d hosts, not %d", len(res.Hosts), tc.hosts)
			}
		})
	}
}

// TestTooLarge: the files of a source together have a bound.
func TestTooLarge(t *testing.T) {
	half := make([]byte, source.MaxBytes/2+1)
	_, err := source.Parse(source.Input{Kind: source.Ansible, Path: "hosts", Files: map[string][]byte{"hosts": half, "group_vars/all": half}})
	if err == nil || !strings.Contains(err.Error(), "larger than 32 MiB") {
		t.Errorf("got %v", err)
	}
}
