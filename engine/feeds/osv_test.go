package feeds

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestOSV: a record of each distribution, as each writes them.
func TestOSV(t *testing.T) {
	var got heap
	m, err := parseOSV(zipped(t, records(t)...), DefaultLimits(), &got)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"CVE-2026-1001 debian:12 openssl - fixed 3.0.18-1~deb12u1 critical",
		"CVE-2026-1001 debian:13 openssl 3.5.0-1 fixed 3.5.2-1 low!",
		"CVE-2026-1002 debian:12 nginx - fixed 1.22.1-9+deb12u4 unknown",
		"CVE-2026-1003 debian:12 nginx - fixed 1.22.1-9+deb12u4 unknown",
		"CVE-2026-1004 ubuntu:18.04-pro curl - fixed 7.58.0-2ubuntu3.24+esm5 moderate!",
		"CVE-2026-1004 ubuntu:24.04 curl - fixed 8.5.0-2ubuntu10.6 moderate!",
		"CVE-2026-1005 almalinux:9 openssl - fixed 1:3.2.2-6.el9_5 unknown",
		"CVE-2026-1005 almalinux:9 openssl-libs - fixed 1:3.2.2-6.el9_5 unknown",
		"CVE-2026-1006 rocky:8 kernel - fixed 0:4.18.0-553.90.1.el8_10 moderate",
		"CVE-2026-1007 opensuse:15.6 zlib - fixed 1.2.13-150500.4.9.1 unknown",
		"CVE-2026-1007 opensuse:tumbleweed zlib - fixed 1.3-2.1 unknown",
		"CVE-2026-1007 sles:15.4 zlib - fixed 1.2.11-150000.3.48.1 unknown",
		"CVE-2026-1007 sles:15.6 zlib - fixed 1.2.13-150500.4.9.1 unknown",
		"CVE-2026-1008 alpine:3.20 busybox - fixed 1.36.1-r7 critical",
		"CVE-2026-1008 alpine:3.20 busybox 1.36.1-r9 after 1.36.1-r12 critical",
		"CVE-2026-1009 rhel:9 bash - fixed 0:5.1.8-10.el9 important!",
	}
	if diff := cmp.Diff(want, got.sorted()); diff != "" {
		t.Error(diff)
	}
	if m.Entries != 10 || m.Used != 8 || m.Scope() != "Debian" || !m.Date.Equal(time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", m)
	}
}

// TestOSVRefuses: what is broken or too much ends with a sentence, and whatever
// was read before has no say.
func TestOSVRefuses(t *testing.T) {
	whole := zipped(t, records(t)...)
	flipped := bytes.Clone(whole)
	for i := 200; i < 300; i++ {
		flipped[i] ^= 0x55
	}
	many := []string{}
	for i := range 21 {
		many = append(many, fmt.Sprint(i, ".json"), `{"id":"x"}`)
	}
	long := []string{}
	for i := range 300 {
		long = append(long, strings.Repeat("n", 100)+fmt.Sprint(i), "")
	}
	// the list of files says less than the file unpacks to
	liar := zipped(t, "a.json", `{"id":"`+strings.Repeat("a", 10_000)+`"}`)
	at := bytes.LastIndex(liar, []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint32(liar[at+24:], 10)
	big := small()
	big.Entry = 1 << 30
	for name, tt := range map[string]struct {
		data   []byte
		limits Limits
		want   string
	}{
		"cut":           {whole[:len(whole)*2/3], DefaultLimits(), "broken off"},
		"no zip":        {[]byte("<html>not found</html>"), DefaultLimits(), "no whole zip"},
		"damaged":       {flipped, DefaultLimits(), ""},
		"empty":         {zipped(t), DefaultLimits(), "no JSON file"},
		"no records":    {zipped(t, "README", "hello"), DefaultLimits(), "no JSON file"},
		"bad JSON":      {zipped(t, "a.json", `{"id": "CVE-2026-1",`), DefaultLimits(), `"a.json" in the zip: it breaks off`},
		"no object":     {zipped(t, "a.json", `[]`), DefaultLimits(), "another form"},
		"no id":         {zipped(t, "a.json", `{}`), DefaultLimits(), "has no id"},
		"two values":    {zipped(t, "a.json", `{"id":"x"}{"id":"y"}`), DefaultLimits(), "something follows"},
		"wrong type":    {zipped(t, "a.json", `{"id":"x","affected":{"package":7}}`), DefaultLimits(), "another form"},
		"deep":          {zipped(t, "a.json", `{"id":"x","y":`+strings.Repeat("[", 20)+strings.Repeat("]", 20)+`}`), small(), "nested deeper"},
		"large entry":   {zipped(t, "a.json", `{"id":"`+strings.Repeat("a", 5000)+`"}`), small(), "zip bomb"},
		"lying entry":   {liar, small(), "no whole zip"},
		"many entries":  {zipped(t, many...), small(), "more than 20 entries"},
		"long list":     {zipped(t, long...), small(), "list of files"},
		"bomb":          {zipped(t, "a.json", strings.Repeat(" ", 5<<20)), big, "zip bomb"},
		"large file":    {bytes.Repeat([]byte("x"), 1<<20+1), small(), "larger than"},
		"outside names": {zipped(t, "../../etc/cron.d/a.json", `{"id":"x"}`), DefaultLimits(), ""},
	} {
		_, err := parseOSV(tt.data, tt.limits, &heap{})
		if name == "damaged" {
			if err == nil {
				t.Error("damaged: no error")
			}
			continue
		}
		wants(t, name, err, tt.want)
	}
}

// TestSinkEndsTheReading: an error of the database is returned as it is.
func TestSinkEndsTheReading(t *testing.T) {
	full := errors.New("the disk is full")
	_, err := parseOSV(zipped(t, records(t)...), DefaultLimits(), &heap{full: 3, fail: full})
	if !errors.Is(err, full) {
		t.Error(err)
	}
	_, err = ParseKEV(strings.NewReader(kevSample), DefaultLimits(), &heap{full: 1, fail: full})
	if !errors.Is(err, full) {
		t.Error(err)
	}
	_, err = ParseEPSS(strings.NewReader(epssSample), DefaultLimits(), &heap{full: 1, fail: full})
	if !errors.Is(err, full) {
		t.Error(err)
	}
	_, err = ParseDebian(strings.NewReader(trackerSample), DefaultLimits(), &heap{full: 1, fail: full})
	if !errors.Is(err, full) {
		t.Error(err)
	}
}

// TestRecordsOfManyCVEsAreBounded: CVEs times packages times ranges is not.
func TestRecordsOfManyCVEsAreBounded(t *testing.T) {
	var ids, affected []string
	for i := range maxCVEs + 5 {
		ids = append(ids, fmt.Sprintf(`"CVE-2026-%05d"`, i))
	}
	for range 30 {
		affected = append(affected, `{"package":{"ecosystem":"Debian:12","name":"a"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"1"}]}]}`)
	}
	var got heap
	_, err := parseOSV(zipped(t, "a.json", `{"id":"x","upstream":[`+strings.Join(ids, ",")+`],"affected":[`+strings.Join(affected, ",")+`]}`), DefaultLimits(), &got)
	if err != nil || len(got.lines) != maxFixes {
		t.Errorf("%d %v", len(got.lines), err)
	}
}
