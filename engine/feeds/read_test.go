package feeds

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

func TestDetectAndParse(t *testing.T) {
	for name, tt := range map[string]struct {
		data []byte
		want Kind
		used int
	}{
		"osv":           {zipped(t, records(t)...), OSV, 8},
		"debian":        {[]byte(trackerSample), Debian, 2},
		"debian.gz":     {gzipped(t, trackerSample), Debian, 2},
		"kev":           {[]byte(kevSample), KEV, 2},
		"kev.csv":       {[]byte(kevCSVSample), KEV, 2},
		"kev.csv.gz":    {gzipped(t, kevCSVSample), KEV, 2},
		"kev with mark": {[]byte("\ufeff" + kevCSVSample), KEV, 2},
		"epss":          {[]byte(epssSample), EPSS, 2},
		"epss.gz":       {gzipped(t, epssSample), EPSS, 2},
	} {
		s, err := Open(bytes.NewReader(tt.data), DefaultLimits())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		kind, err := s.Detect()
		if err != nil || kind != tt.want {
			t.Errorf("%s: %s %v", name, kind, err)
			continue
		}
		var m Meta
		if s.Zip {
			m, err = parseOSV(tt.data, DefaultLimits(), &heap{})
		} else {
			m, err = s.Parse(kind, DefaultLimits(), &heap{})
		}
		if err != nil || m.Used != tt.used {
			t.Errorf("%s: %+v %v", name, m, err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	gz := gzipped(t, epssSample)
	for name, tt := range map[string]struct {
		data []byte
		kind Kind
		want string
	}{
		"empty":        {nil, "", "empty"},
		"a page":       {[]byte("<html>404</html>"), "", "none of the feeds"},
		"some JSON":    {[]byte(`{"a": 1}`), "", "none of the feeds"},
		"cut gzip":     {gz[:len(gz)-9], EPSS, "middle of gzip"},
		"no gzip":      {[]byte("\x1f\x8bxxxxxxxxxxxxxxx"), "", "damaged"},
		"gzip's head":  {gz[:5], "", "middle of gzip"},
		"wrong kind":   {[]byte(epssSample), Debian, "no JSON"},
		"no zip":       {[]byte(epssSample), OSV, "no zip"},
		"a zip":        {zipped(t, "a.json", "{}"), KEV, "only OSV"},
		"unknown kind": {[]byte(epssSample), "nvd", "no kind"},
	} {
		s, err := Open(bytes.NewReader(tt.data), DefaultLimits())
		if err == nil && tt.kind == "" {
			_, err = s.Detect()
		} else if err == nil {
			_, err = s.Parse(tt.kind, DefaultLimits(), &heap{})
		}
		wants(t, name, err, tt.want)
	}
}

// TestGzipBombs: what unpacks out of proportion is refused long before it is
// unpacked, and a large file as well.
func TestGzipBombs(t *testing.T) {
	bomb := gzipped(t, "cve,epss,percentile\n"+strings.Repeat("\n", 20<<20))
	s, err := Open(bytes.NewReader(bomb), small())
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Parse(EPSS, small(), &heap{})
	wants(t, "bomb", err, "decompression bomb")
	s, err = Open(bytes.NewReader(bytes.Repeat([]byte("\n"), 2<<20)), small())
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(io.Discard, s)
	wants(t, "large", err, "larger than")
}
