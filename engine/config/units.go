package config

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"patchwave/policies"
)

// The units of durations; a day has 24 hours.
const (
	day  = 24 * time.Hour
	week = 7 * day
)

// parseDuration reads whole numbers with units, several in a row ("1h30m").
func parseDuration(s string) (time.Duration, error) {
	rest := s
	if rest == "" {
		return 0, errDuration
	}
	total := time.Duration(0)
	for rest != "" {
		digits := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
		switch {
		case digits < 0:
			return 0, fmt.Errorf("%w: the last number has no unit", errDuration)
		case digits == 0:
			return 0, errDuration
		}
		unit, ok := durationUnit(rest[digits])
		if !ok {
			return 0, errDuration
		}
		n, err := strconv.ParseInt(rest[:digits], 10, 64)
		if err != nil || n > int64(math.MaxInt64/unit) {
			return 0, errors.New("this is longer than 292 years")
		}
		step := time.Duration(n) * unit
		if total > math.MaxInt64-step {
			return 0, errors.New("this is longer than 292 years")
		}
		total += step
		rest = rest[digits+1:]
	}
	return total, nil
}

var errDuration = errors.New("write whole numbers with s, m, h, d or w, for example \"90s\" or \"1h30m\"")

func durationUnit(c byte) (time.Duration, bool) {
	switch c {
	case 's':
		return time.Second, true
	case 'm':
		return time.Minute, true
	case 'h':
		return time.Hour, true
	case 'd':
		return day, true
	case 'w':
		return week, true
	default:
		return 0, false
	}
}

// parsePercent reads "1%" to "100%".
func parsePercent(s string) (policies.Amount, error) {
	digits, ok := strings.CutSuffix(s, "%")
	if !ok {
		return policies.Amount{}, errAmount
	}
	n, err := strconv.Atoi(digits)
	if err != nil || digits[0] == '+' || n < 1 || n > 100 {
		return policies.Amount{}, errAmount
	}
	return policies.Amount{Percent: n, Given: true}, nil
}

var errAmount = errors.New("write a number, or a percentage from \"1%\" to \"100%\"")

// sizeUnits are those of sizes, in bytes.
var sizeUnits = map[string]int64{
	"KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12,
	"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40,
}

var errSize = errors.New("write a whole number with KB, MB, GB, TB, KiB, MiB, GiB or TiB, for example \"200MiB\"")

// parseSize reads a size in bytes.
func parseSize(s string) (int64, error) {
	digits := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	if digits <= 0 {
		return 0, errSize
	}
	unit, ok := sizeUnits[s[digits:]]
	if !ok {
		return 0, errSize
	}
	n, err := strconv.ParseInt(s[:digits], 10, 64)
	if err != nil || n > math.MaxInt64/unit {
		return 0, errors.New("this is more than any disk holds")
	}
	return n * unit, nil
}
