package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/inventory"
)

const grouped = `
connection "c" {
  type = "ssh"
}
host "web-[1:30]" {
  connection = connection.c
}
group "debian" {
  where = host.os.family == "debian"
}
group "waiting" {
  where = host.reboot_required
}
`

// TestMembersMoved: who comes into a group or leaves it by new facts is told; who
// is seen for the first time, or could not be asked, is not.
func TestMembersMoved(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(grouped), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	seen := func(host, family string, waits bool) inventory.Observation {
		return inventory.Observation{Host: host, State: inventory.ScanOK, Facts: inventory.Facts{OS: inventory.OS{Family: family}, RebootRequired: waits}}
	}
	failed := seen("web-2", "redhat", true)
	failed.State = inventory.ScanFailed
	many := []inventory.Observation{}
	var old []inventory.Observation
	for i := 3; i <= 30; i++ {
		name := "web-" + strconv.Itoa(i)
		old, many = append(old, seen(name, "redhat", false)), append(many, seen(name, "debian", false))
	}
	tests := []struct {
		name       string
		old, fresh []inventory.Observation
		want       []string
	}{
		{"first seen", nil, []inventory.Observation{seen("web-1", "debian", true)}, nil},
		{"as before", []inventory.Observation{seen("web-1", "debian", true)}, []inventory.Observation{seen("web-1", "debian", true)}, nil},
		{"not asked", []inventory.Observation{seen("web-2", "debian", false)}, []inventory.Observation{failed}, nil},
		{"out and in", []inventory.Observation{seen("web-1", "debian", false)}, []inventory.Observation{seen("web-1", "redhat", true)},
			[]string{"web-1 is in group waiting now, by its facts", "web-1 is no longer in group debian, by its facts"}},
		{"many", old, many, []string{"8 more memberships were changed by facts; `patchwave hosts` shows all"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var errs bytes.Buffer
			a := newApp(strings.NewReader(""), &bytes.Buffer{}, &errs)
			a.flags.config, a.flags.db, a.flags.logLevel = dir, filepath.Join(t.TempDir(), "p.db"), "off"
			s, err := a.open(t.Context(), create)
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}()
			for _, o := range tt.old {
				s.seen[o.Host] = o
			}
			if err := a.resolve(s); err != nil {
				t.Fatal(err)
			}
			a.membersMoved(s, tt.fresh)
			var got []string
			for _, line := range strings.Split(errs.String(), "\n") {
				if line != "" {
					got = append(got, line)
				}
			}
			if len(got) > maxMoves {
				got = got[maxMoves:]
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
