package run_test

import (
	"os"
	"strconv"
)

// trials is how often a trial is repeated: few unless PATCHWAVE_TRIALS says more.
func trials(few int) int {
	if n, err := strconv.Atoi(os.Getenv("PATCHWAVE_TRIALS")); err == nil && n > 0 {
		return n
	}
	return few
}
