package feeds

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const trackerSample = `{
 "openssl": {
  "CVE-2026-1001": {"description": "an invented flaw", "debianbug": 1100001, "scope": "remote", "releases": {
   "bookworm": {"status": "resolved", "repositories": {"bookworm": "3.0.17-1~deb12u2", "bookworm-security": "3.0.18-1~deb12u1"}, "fixed_version": "3.0.18-1~deb12u1", "urgency": "high**"},
   "bullseye": {"status": "open", "repositories": {"bullseye": "1.1.1w-0+deb11u1"}, "urgency": "not yet assigned"},
   "trixie": {"status": "resolved", "repositories": {"trixie": "3.5.1-1"}, "fixed_version": "3.5.1-1", "urgency": "not yet assigned"},
   "sid": {"status": "resolved", "repositories": {"sid": "3.5.4-1"}, "fixed_version": "3.5.1-1", "urgency": "unimportant"}}},
  "CVE-2026-1002": {"releases": {"bookworm": {"status": "resolved", "fixed_version": "0", "urgency": "unimportant"}}},
  "TEMP-0000000-ABCDEF": {"releases": {"bookworm": {"status": "resolved", "fixed_version": "1", "urgency": "low"}}}
 },
 "odd name\u001b[2J": {"CVE-2026-1003": {"releases": {"bookworm": {"status": "resolved", "fixed_version": "1", "urgency": "low"}}}},
 "tar": {"CVE-2026-1004": {"releases": {"bookworm": {"status": "resolved", "fixed_version": "not a version", "urgency": "low"}, "trixie": {"status": "undetermined", "urgency": "low"}}},
  "CVE-2026-1005": {"releases": {"trixie": {"status": "resolved", "fixed_version": "1.35+dfsg-3.1", "urgency": "unimportant"}}}},
 "empty": {}
}`

func TestDebian(t *testing.T) {
	var got heap
	m, err := ParseDebian(strings.NewReader(trackerSample), DefaultLimits(), &got)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"CVE-2026-1001 debian:12 openssl - fixed 3.0.18-1~deb12u1 important!",
		"CVE-2026-1001 debian:13 openssl - fixed 3.5.1-1 unknown",
		"CVE-2026-1005 debian:13 tar - fixed 1.35+dfsg-3.1 low!",
	}
	if diff := cmp.Diff(want, got.sorted()); diff != "" {
		t.Error(diff)
	}
	if m.Entries != 6 || m.Used != 2 || m.Scope() != "Debian" || !m.Date.IsZero() {
		t.Errorf("%+v", m)
	}
}

func TestDebianRefuses(t *testing.T) {
	var many strings.Builder
	for i := range 21 {
		many.WriteString(`"CVE-2026-10` + string(rune('a'+i)) + `":{},`)
	}
	for name, tt := range map[string]struct {
		text   string
		limits Limits
		want   string
	}{
		"cut":           {trackerSample[:len(trackerSample)/2], DefaultLimits(), "breaks off"},
		"cut at a name": {`{"a":{"CVE-2026-1001":{}},"b`, DefaultLimits(), "breaks off"},
		"bad":           {`{"a":{"CVE-2026-1001":{"releases":{]}}}`, DefaultLimits(), "no JSON"},
		"a list":        {`[]`, DefaultLimits(), `"{" is expected`},
		"a number":      {`{"a":7}`, DefaultLimits(), `"{" is expected`},
		"wrong type":    {`{"a":{"CVE-2026-1001":{"releases":[]}}}`, DefaultLimits(), "another form"},
		"more":          {`{} {}`, DefaultLimits(), "something follows"},
		"many":          {`{"a":{` + many.String() + `"x":{}}}`, small(), "more than 20 entries"},
		"deep":          {`{"a":{"CVE-2026-1001":{"x":` + strings.Repeat(`{"y":`, 20), small(), "nested deeper"},
		"large":         {`{"a":{"CVE-2026-1001":{"description":"` + strings.Repeat("x", 9000) + `"}}}`, small(), "an entry is larger"},
		"long name":     {`{"` + strings.Repeat("x", 9000) + `":{}}`, small(), "an entry is larger"},
	} {
		_, err := ParseDebian(strings.NewReader(tt.text), tt.limits, &heap{})
		wants(t, name, err, tt.want)
	}
}
