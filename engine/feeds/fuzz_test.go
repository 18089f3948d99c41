package feeds

import (
	"bytes"
	"testing"

	"patchwave/inventory"
	"patchwave/inventory/version"
)

// critic fails a test over anything that a parser must not hand on.
type critic struct {
	t *testing.T
	n int
}

func (c *critic) Fix(f Fix) error {
	c.n++
	family := version.Deb
	known := false
	for _, e := range ecosystems {
		if e.scope == f.Scope {
			family, known = e.family, true
		}
	}
	if !known || !cveForm.MatchString(f.CVE) || !nameForm.MatchString(f.Package) || f.Release == "" || f.Severity == "" ||
		version.Valid(family, f.Fixed) != nil || f.Introduced != "" && version.Valid(family, f.Introduced) != nil {
		c.t.Errorf("not to be believed: %+v", f)
	}
	if f.Own && f.Severity == inventory.UnknownSeverity {
		c.t.Errorf("nobody's word: %+v", f)
	}
	return nil
}

func (c *critic) Exploited(e Exploited) error {
	if c.n++; !cveForm.MatchString(e.CVE) {
		c.t.Errorf("not to be believed: %+v", e)
	}
	return nil
}

func (c *critic) Score(s Score) error {
	if c.n++; !cveForm.MatchString(s.CVE) || !(s.Value >= 0 && s.Value <= 1) {
		c.t.Errorf("not to be believed: %+v", s)
	}
	return nil
}

// check holds a result against what a sink got.
func (c *critic) check(m Meta, limits Limits, err error) {
	switch {
	case m.Used > m.Entries, m.Used > c.n, err == nil && m.Entries > limits.Entries, m.Used > 0 && c.n == 0:
		c.t.Errorf("%+v, %d handed on, %v", m, c.n, err)
	}
}

func FuzzOSV(f *testing.F) {
	files := records(f)
	for i := 1; i < len(files); i += 2 {
		f.Add([]byte(files[i]))
	}
	f.Fuzz(func(t *testing.T, record []byte) {
		c := &critic{t: t}
		m, err := parseOSV(zipped(t, "a.json", string(record)), DefaultLimits(), c)
		c.check(m, DefaultLimits(), err)
	})
}

func FuzzOSVZip(f *testing.F) {
	f.Add(zipped(f, records(f)...))
	f.Add(zipped(f))
	f.Add(zipped(f, "a.json", "{}", "dir/", "", "b.txt", "x"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c := &critic{t: t}
		m, err := parseOSV(data, small(), c)
		c.check(m, small(), err)
	})
}

func FuzzDebian(f *testing.F) {
	f.Add([]byte(trackerSample))
	f.Fuzz(func(t *testing.T, data []byte) {
		c := &critic{t: t}
		m, err := ParseDebian(bytes.NewReader(data), small(), c)
		c.check(m, small(), err)
	})
}

func FuzzKEV(f *testing.F) {
	f.Add([]byte(kevSample))
	f.Add([]byte(kevCSVSample))
	f.Fuzz(func(t *testing.T, data []byte) {
		c := &critic{t: t}
		m, err := ParseKEV(bytes.NewReader(data), small(), c)
		c.check(m, small(), err)
	})
}

func FuzzEPSS(f *testing.F) {
	f.Add([]byte(epssSample))
	f.Fuzz(func(t *testing.T, data []byte) {
		c := &critic{t: t}
		m, err := ParseEPSS(bytes.NewReader(data), small(), c)
		c.check(m, small(), err)
	})
}

func FuzzOpen(f *testing.F) {
	for _, s := range [][]byte{gzipped(f, epssSample), gzipped(f, trackerSample), []byte(kevSample), zipped(f, records(f)...), []byte("<html>")} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Open(bytes.NewReader(data), small())
		if err != nil {
			return
		}
		kind, err := s.Detect()
		if err != nil || s.Zip {
			return
		}
		c := &critic{t: t}
		m, err := s.Parse(kind, small(), c)
		c.check(m, small(), err)
	})
}

func FuzzBaseScore(f *testing.F) {
	f.Add("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H")
	f.Add("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N")
	f.Fuzz(func(t *testing.T, vector string) {
		if score, ok := BaseScore(vector); !(score >= 0 && score <= 10) || !ok && score != 0 {
			t.Errorf("%q: %v %v", vector, score, ok)
		}
	})
}
