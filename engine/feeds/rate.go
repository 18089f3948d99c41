package feeds

import (
	"strings"

	gocvss30 "github.com/pandatix/go-cvss/30"
	gocvss31 "github.com/pandatix/go-cvss/31"
	gocvss40 "github.com/pandatix/go-cvss/40"

	"patchwave/inventory"
)

// maxVector bounds a CVSS vector, in bytes.
const maxVector = 512

// BaseScore is the score of a CVSS vector of version 3.0, 3.1 or 4.0, from 0 to
// 10. For version 3 it is the base score, whatever else the vector has; for 4.0
// that of all metrics it has. ok is false for a text that is no such vector.
func BaseScore(vector string) (score float64, ok bool) {
	if len(vector) > maxVector {
		return 0, false
	}
	switch {
	case strings.HasPrefix(vector, "CVSS:3.0/"):
		if v, err := gocvss30.ParseVector(vector); err == nil {
			return v.BaseScore(), true
		}
	case strings.HasPrefix(vector, "CVSS:3.1/"):
		if v, err := gocvss31.ParseVector(vector); err == nil {
			return v.BaseScore(), true
		}
	case strings.HasPrefix(vector, "CVSS:4.0/"):
		if v, err := gocvss40.ParseVector(vector); err == nil {
			return v.Score(), true
		}
	}
	return 0, false
}

// OfScore is the severity of a CVSS score: the qualitative ratings of the
// standard with "high" named important and "medium" moderate. A score of 0 rates
// nothing.
func OfScore(score float64) inventory.Severity {
	switch {
	case score >= 9:
		return inventory.Critical
	case score >= 7:
		return inventory.Important
	case score >= 4:
		return inventory.Moderate
	case score > 0:
		return inventory.Low
	default:
		return inventory.UnknownSeverity
	}
}

// ofWord is the severity that a distributor's word means: OSV's and Ubuntu's
// ("medium"), Red Hat's ("important"), Debian's urgency ("low**",
// "unimportant"). Words that rate nothing, as "not yet assigned", are unknown.
func ofWord(word string) inventory.Severity {
	switch strings.ToLower(strings.TrimRight(strings.TrimSpace(word), "*")) {
	case "critical":
		return inventory.Critical
	case "high", "important":
		return inventory.Important
	case "medium", "moderate":
		return inventory.Moderate
	case "low", "negligible", "unimportant", "minor":
		return inventory.Low
	default:
		return inventory.UnknownSeverity
	}
}

// worse reports whether a is worse than b; everything is worse than unknown.
func worse(a, b inventory.Severity) bool { return rank(a) > rank(b) }

func rank(s inventory.Severity) int {
	switch s {
	case inventory.Critical:
		return 4
	case inventory.Important:
		return 3
	case inventory.Moderate:
		return 2
	case inventory.Low:
		return 1
	default:
		return 0
	}
}
