package health

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
)

// everSo are errors of the System log, "PROVIDER ID", that come and go on machines that
// are well, or that are told elsewhere. Each has its reason:
//
//	DistributedCOM 10010, 10016         a server of COM was slow, or was asked in the wrong way at first
//	                                    ("safely ignored", Microsoft's KB 4022522)
//	Schannel 36871 … 36888              somebody on the network spoke TLS badly, or stopped in the middle
//	NETLOGON 5719, GroupPolicy 1054,    no domain controller yet: the network comes later than the boot;
//	1129                                the clock and the routes are parts of their own
//	WindowsUpdateClient, Servicing      the result of each update says so itself, with advice
//	TPM-WMI 1796, 1801                  keys of Secure Boot are to be renewed: known of the model, not of the update
const everSo = `Microsoft-Windows-DistributedCOM (10010|10016)|Schannel (36871|36874|36882|36887|36888)|NETLOGON 5719|` +
	`Microsoft-Windows-GroupPolicy (1054|1129)|Microsoft-Windows-(WindowsUpdateClient|Servicing) [0-9]+|Microsoft-Windows-TPM-WMI (1796|1801)`

var noisy = regexp.MustCompile(`(?i)^(` + everSo + `)$`)

// winErrors reads the kinds of errors that the System log has, and how often they came
// since the boot.
func (r *reader) winErrors() {
	rows, ok := r.rows(partErrors, partErrors, 4)
	if !ok {
		return
	}
	var names []string
	for _, f := range rows {
		_, idErr := strconv.ParseUint(f[1], 10, 32)
		since, err := strconv.ParseUint(f[3], 10, 31)
		if name := clean(f[0] + " " + f[1]); err == nil && idErr == nil && !noisy.MatchString(name) {
			names = append(names, name)
			if since > 0 {
				r.f.Errors[name] = int(since)
			}
		}
	}
	r.f.EventErrors = r.list(partErrors, names)
}

// newErrors are the kinds of errors since the boot that the log did not have before.
// More of a known kind is not told: how many there are depends on how long the host
// runs.
func newErrors(was []string, after Fingerprint) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(after.Errors)) {
		if !slices.Contains(was, name) {
			out = append(out, fmt.Sprintf("error %s is in the event log, %s since the boot, and was not before", name, times(after.Errors[name])))
		}
	}
	return out
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
