//go:build lab

package labhost_test

import (
	"testing"

	"patchwave/examples/lab/labhost"
)

func TestSmoke(t *testing.T) {
	l := labhost.Start(t)
	for _, f := range labhost.Flavours() {
		h := l.Host(t, "h-"+string(f), f)
		t.Log(h.MustSh(t, "cat /etc/os-release | head -1; systemctl is-system-running; systemctl --failed --plain --no-legend; ip -br a; ps ax | wc -l"))
		r, err := h.SSH(t.Context(), "patch", "sudo -n id; hostname")
		t.Log(r, err)
	}
	p := l.Host(t, "plain", labhost.Apt, labhost.Plain())
	r, err := p.SSH(t.Context(), "patch", "sudo -n id; hostname; cat /proc/sys/kernel/random/boot_id")
	t.Log(r, err)
	id, err := p.BootID()
	t.Log(id, err)
}
