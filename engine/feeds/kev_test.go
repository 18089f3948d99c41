package feeds

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	kevSample = `{"title": "CISA Catalog of Known Exploited Vulnerabilities", "catalogVersion": "2026.11.20", "dateReleased": "2026-11-20T15:00:30.1234Z", "count": 3,
 "vulnerabilities": [
  {"cveID": "CVE-2026-1001", "vendorProject": "V", "product": "P", "vulnerabilityName": "N", "dateAdded": "2026-11-18", "shortDescription": "S", "requiredAction": "A", "dueDate": "2026-12-09", "knownRansomwareCampaignUse": "Unknown", "notes": "", "cwes": ["CWE-787"]},
  {"cveID": "CVE-2026-1002", "dateAdded": "soon"},
  {"cveID": "none\u001b[31m"}]}`
	kevCSVSample = "cveID,vendorProject,product,vulnerabilityName,dateAdded,shortDescription,requiredAction,dueDate,knownRansomwareCampaignUse,notes,cwes\r\n" +
		"CVE-2026-1001,V,P,N,2026-11-18,\"says \"\"much\"\",\nand more\",A,2026-12-09,Unknown,,CWE-787\r\n" +
		"CVE-2026-1002,V,P,N,2026-11-19,S,A,,Known,,\r\n"
	epssSample = "#model_version:v2025.03.14,score_date:2026-11-27T12:55:00+0000\ncve,epss,percentile\n" +
		"CVE-2026-1001,0.94321,0.99912\nCVE-2026-1002,1.2e-4,0.1\nNONE-1,0.5,0.5\n"
)

func TestKEV(t *testing.T) {
	for name, tt := range map[string]struct {
		text string
		want []string
		date time.Time
		n    int
	}{
		"JSON": {kevSample, []string{"CVE-2026-1001 2026-11-18 2026-12-09", "CVE-2026-1002 0001-01-01 0001-01-01"},
			time.Date(2026, 11, 20, 15, 0, 30, 123400000, time.UTC), 3},
		"CSV": {kevCSVSample, []string{"CVE-2026-1001 2026-11-18 2026-12-09", "CVE-2026-1002 2026-11-19 0001-01-01"},
			time.Date(2026, 11, 19, 0, 0, 0, 0, time.UTC), 2},
		"CSV with a mark": {"\ufeff" + kevCSVSample, []string{"CVE-2026-1001 2026-11-18 2026-12-09", "CVE-2026-1002 2026-11-19 0001-01-01"},
			time.Date(2026, 11, 19, 0, 0, 0, 0, time.UTC), 2},
	} {
		var got heap
		m, err := ParseKEV(strings.NewReader(tt.text), DefaultLimits(), &got)
		wants(t, name, err, "")
		if diff := cmp.Diff(tt.want, got.lines); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if m.Entries != tt.n || m.Used != 2 || !m.Date.Equal(tt.date) || m.Scope() != "" {
			t.Errorf("%s: %+v", name, m)
		}
	}
}

func TestKEVRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		text   string
		limits Limits
		want   string
	}{
		"empty":       {"", DefaultLimits(), "empty"},
		"cut":         {kevSample[:400], DefaultLimits(), "breaks off"},
		"counted":     {strings.Replace(kevSample, `"count": 3`, `"count": 4`, 1), DefaultLimits(), "says that it has 4 entries and has 3"},
		"other":       {`{"title": "another"}`, DefaultLimits(), `no "vulnerabilities"`},
		"list":        {`{"vulnerabilities": {}}`, DefaultLimits(), `"[" is expected`},
		"numbers":     {`{"vulnerabilities": [7]}`, DefaultLimits(), "another form"},
		"large":       {`{"vulnerabilities": [{"notes":"` + strings.Repeat("x", 9000) + `"}]}`, small(), "an entry is larger"},
		"large title": {`{"title":"` + strings.Repeat("x", 9000) + `"}`, small(), "an entry is larger"},
		"many":        {`{"vulnerabilities": [` + strings.Repeat("{},", 21) + `{}]}`, small(), "more than 20 entries"},
		"other CSV":   {"a,b\n1,2\n", DefaultLimits(), "first line"},
		"short line":  {kevCSVSample + "CVE-2026-1003,V\r\n", DefaultLimits(), "line 5"},
		"open quote":  {kevCSVSample + `CVE-2026-1003,"V`, DefaultLimits(), "line 5"},
		"large CSV":   {kevCSVSample + strings.Repeat("x", 9000), small(), "larger than"},
	} {
		_, err := ParseKEV(strings.NewReader(tt.text), tt.limits, &heap{})
		wants(t, name, err, tt.want)
	}
}

func TestEPSS(t *testing.T) {
	for name, text := range map[string]string{
		"as published":       epssSample,
		"CRLF":               strings.ReplaceAll(epssSample, "\n", "\r\n"),
		"without a last LF":  strings.TrimSuffix(epssSample, "\n"),
		"with an empty line": epssSample + "\n",
	} {
		var got heap
		m, err := ParseEPSS(strings.NewReader(text), DefaultLimits(), &got)
		wants(t, name, err, "")
		if diff := cmp.Diff([]string{"CVE-2026-1001 0.94321", "CVE-2026-1002 0.00012"}, got.lines); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if m.Entries != 3 || m.Used != 2 || !m.Date.Equal(time.Date(2026, 11, 27, 12, 55, 0, 0, time.UTC)) {
			t.Errorf("%s: %+v", name, m)
		}
	}
}

func TestEPSSRefuses(t *testing.T) {
	head := "cve,epss,percentile\n"
	for name, tt := range map[string]struct{ text, want string }{
		"empty":          {"", "no line"},
		"no head":        {"CVE-2026-1001,0.5,0.5\n", "line 1"},
		"cut":            {epssSample[:len(epssSample)-25], "line 4"},
		"cut at a comma": {head + "CVE-2026-1001,0.5,", "line 2"},
		"above one":      {head + "CVE-2026-1001,1.5,0.5\n", "line 2"},
		"negative":       {head + "CVE-2026-1001,-0.5,0.5\n", "line 2"},
		"no number":      {head + "CVE-2026-1001,NaN,0.5\n", "line 2"},
		"infinite":       {head + "CVE-2026-1001,+Inf,0.5\n", "line 2"},
		"long line":      {head + strings.Repeat("x", 5000), "more than 4096"},
		"many":           {head + strings.Repeat("CVE-2026-1001,0.5,0.5\n", 21), "more than 20 entries"},
	} {
		_, err := ParseEPSS(strings.NewReader(tt.text), small(), &heap{})
		wants(t, name, err, tt.want)
	}
}
