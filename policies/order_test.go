package policies

import "testing"

func TestNoReboot(t *testing.T) {
	for _, tt := range []struct {
		updates string
		when    RebootWhen
		want    bool
	}{
		{"all", RebootRequired, false},
		{"all", RebootAlways, false},
		{"all", RebootNever, true},
		{"all", RebootDefer, false},
		{"no-reboot", RebootRequired, true},
		{"no-reboot", RebootAlways, true},
		{"reboot", RebootRequired, false},
		{"reboot", RebootNever, true},
		{"", "", false},
	} {
		p := &Policy{Updates: tt.updates, Reboot: Reboot{When: tt.when}}
		if got := p.NoReboot(); got != tt.want {
			t.Errorf("updates %q, reboot %q: %v", tt.updates, tt.when, got)
		}
	}
}
