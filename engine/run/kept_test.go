package run_test

import (
	"slices"
	"testing"

	"patchwave/connectors/sim"
	"patchwave/engine/journal"
)

// TestKeptConfigurationIsTold: nobody is asked, so somebody is told.
func TestKeptConfigurationIsTold(t *testing.T) {
	t.Parallel()
	changed := func(m *sim.Machine) {
		m.Faults.Conffiles = map[string]string{"nginx": "/etc/nginx/nginx.conf", "openssl": "/etc/ssl/openssl.cnf"}
	}
	l := newLab(t, policy(), web("a", changed), rocky("b", changed))
	r := l.do()
	const says = "configuration files that were changed here were kept; the new versions are beside them: "
	if h := r.Host("a"); h.State != journal.Done || !slices.Equal(h.Notes, []string{says + "/etc/ssl/openssl.cnf.dpkg-dist, /etc/nginx/nginx.conf.dpkg-dist"}) &&
		!slices.Equal(h.Notes, []string{says + "/etc/nginx/nginx.conf.dpkg-dist, /etc/ssl/openssl.cnf.dpkg-dist"}) {
		t.Errorf("%s %q", h.State, h.Notes)
	}
	if h := r.Host("b"); h.State != journal.Done || len(h.Notes) != 1 {
		t.Errorf("%s %+v %q", h.State, h.Fault, h.Notes)
	}
}
