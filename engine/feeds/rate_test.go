package feeds

import (
	"testing"

	"patchwave/inventory"
)

// TestBaseScore: vectors whose scores the standards and their examples give.
func TestBaseScore(t *testing.T) {
	for vector, want := range map[string]float64{
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H":                              9.8,
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H":                              10,
		"CVSS:3.0/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N":                              6.4,
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N":                              7.5, // as Heartbleed
		"CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N":                              3.1,
		"CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H":                              7.8,
		"CVSS:3.1/AV:P/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N":                              0,
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:U/RL:O/RC:U":                9.8, // the base alone
		"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N":           9.3,
		"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H":           10,
		"CVSS:4.0/AV:L/AC:L/AT:P/PR:L/UI:N/VC:N/VI:N/VA:N/SC:N/SI:N/SA:N":           0,
		"CVSS:4.0/AV:N/AC:L/AT:N/PR:H/UI:N/VC:L/VI:L/VA:N/SC:N/SI:N/SA:N":           5.1,
		"CVSS:3.1/AV:A/AC:H/PR:L/UI:R/S:U/C:L/I:L/A:N/MAV:N/MAC:L/MPR:N/MUI:N/CR:H": 3.4,
	} {
		if got, ok := BaseScore(vector); !ok || got != want {
			t.Errorf("%s: %v %v, not %v", vector, got, ok, want)
		}
	}
	for _, vector := range []string{"", "9.8", "CVSS:2.0/AV:N", "AV:N/AC:L/Au:N/C:P/I:P/A:P", "CVSS:3.1/AV:N", "CVSS:3.1/AV:X/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/" + string(make([]byte, 600)), "CVSS:4.0/", "CVSS:5.0/AV:N"} {
		if got, ok := BaseScore(vector); ok || got != 0 {
			t.Errorf("%.40q: %v %v", vector, got, ok)
		}
	}
}

func TestOfScoreAndWord(t *testing.T) {
	for score, want := range map[float64]inventory.Severity{0: inventory.UnknownSeverity, -1: inventory.UnknownSeverity, 0.1: inventory.Low, 3.9: inventory.Low,
		4: inventory.Moderate, 6.9: inventory.Moderate, 7: inventory.Important, 8.9: inventory.Important, 9: inventory.Critical, 10: inventory.Critical} {
		if got := OfScore(score); got != want {
			t.Errorf("%v: %s, not %s", score, got, want)
		}
	}
	for word, want := range map[string]inventory.Severity{"CRITICAL": inventory.Critical, "High": inventory.Important, "important": inventory.Important,
		" medium ": inventory.Moderate, "Moderate": inventory.Moderate, "low**": inventory.Low, "negligible": inventory.Low, "unimportant": inventory.Low,
		"not yet assigned": inventory.UnknownSeverity, "end-of-life": inventory.UnknownSeverity, "": inventory.UnknownSeverity, "untriaged": inventory.UnknownSeverity} {
		if got := ofWord(word); got != want {
			t.Errorf("%q: %s, not %s", word, got, want)
		}
	}
}
