package health

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"patchwave/engine/journal"
	"patchwave/inventory/version"
)

// ProbeUnchanged is the kind of the results of Difference.
const ProbeUnchanged = "unchanged"

// mostDetail bounds the detail of a result, in bytes.
const mostDetail = 400

// Difference says for each part whether the host is as it was: one result a part, in
// the order of parts. Only what is worse is told; what came new (a service, a
// listener, a mount) is not. updated are the names of the packages that were
// changed: a kernel among them may bring another release. It is pure.
func Difference(before journal.HealthData, after Fingerprint, parts, updated []string) []journal.ProbeResult {
	out := make([]journal.ProbeResult, 0, len(parts))
	for _, part := range parts {
		res := journal.ProbeResult{Kind: ProbeUnchanged, Name: part}
		worse, same := compare(part, before, after, updated)
		if why, missing := after.Missing[part]; missing && (same != nothing || worse != nil) {
			worse = []string{"the host does not tell it any more: " + why}
		}
		res.OK, res.Detail = len(worse) == 0, same
		if !res.OK {
			res.Detail = shorten(firstOf(worse), mostDetail)
		}
		out = append(out, res)
	}
	return out
}

// What is said where there is nothing to be compared.
const (
	nothing  = "the host has nothing of the kind"
	notTaken = "it was not looked at before"
)

func firstOf(worse []string) string {
	const most = 5
	if n := len(worse) - most; n > 1 {
		return strings.Join(worse[:most], "; ") + fmt.Sprintf("; and %d more", n)
	}
	return strings.Join(worse, "; ")
}

// compare says what is worse, or what to say if nothing is.
func compare(part string, before journal.HealthData, after Fingerprint, updated []string) (worse []string, same string) {
	was := map[string][]string{partServices: before.Services, partListeners: before.Listeners, partMounts: before.Mounts,
		partFailed: before.FailedUnits, partBroken: before.BrokenPackages, partRoutes: before.Routes, partErrors: before.EventErrors}[part]
	switch {
	case part == partKernel:
		return kernelDifference(before, after, updated)
	case part == partTime:
		return timeDifference(before, after)
	case was == nil && (part == partServices || part == partFailed) && before.Init == "", was == nil && part == partBroken && before.Manager == "",
		was == nil && part == partErrors && before.Init != initWindows:
		return nil, nothing
	case was == nil:
		return []string{notTaken}, ""
	}
	switch part {
	case partServices:
		worse = servicesGone(was, after)
	case partListeners:
		worse = listenersGone(was, after.Listeners)
	case partMounts:
		worse = mountsGone(was, after.Mounts)
	case partFailed:
		return gone(after.FailedUnits, was, "%s has failed"), fmt.Sprintf("%d failed before, and no more now", len(was))
	case partBroken:
		return broken(was, ripe(before, after)), fmt.Sprintf("%d broken before, and no more now", len(was))
	case partErrors:
		return newErrors(was, after), fmt.Sprintf("%d kinds of errors before, and no new one", len(was))
	case partRoutes:
		worse = gone(was, after.Routes, "there is no route to %s any more")
	}
	return worse, fmt.Sprintf("%d as before", len(was))
}

// gone are the elements of a that b has not, each in a sentence.
func gone(a, b []string, sentence string) []string {
	var out []string
	for _, name := range a {
		if !slices.Contains(b, name) {
			out = append(out, fmt.Sprintf(sentence, name))
		}
	}
	return out
}

// servicesGone are services that ran and do not.
func servicesGone(was []string, after Fingerprint) []string {
	var out []string
	for _, name := range was {
		if after.Runs[name] {
			continue
		}
		state := "is not there"
		if word := after.States[name]; word != "" {
			state = "is " + word
		}
		out = append(out, fmt.Sprintf("service %s ran before and %s now", name, state))
	}
	return out
}

// broken are packages that are broken and were whole; that the fault is another one
// now makes nothing worse.
func broken(was, is []string) []string {
	name := func(s string) string {
		s, _, _ = strings.Cut(s, " ")
		return s
	}
	var out []string
	for _, now := range is {
		if !slices.ContainsFunc(was, func(s string) bool { return name(s) == name(now) }) {
			out = append(out, fmt.Sprintf("package %s is %s", name(now), strings.TrimPrefix(now, name(now)+" ")))
		}
	}
	return out
}

// listenersGone are ports on which nobody listens any more, or only for the host
// itself. Of ports that the kernel picked the number for each user counts.
func listenersGone(was, is []string) []string {
	var out []string
	left := map[string]int{}
	for _, l := range is {
		left[pickedBy(l)]++
	}
	for _, l := range was {
		if slices.Contains(is, l) {
			left[pickedBy(l)]--
		}
	}
	for _, l := range was {
		port, local := strings.CutSuffix(l, onLoopback)
		switch by := pickedBy(l); {
		case slices.Contains(is, l), local && slices.Contains(is, port):
		case by != "" && left[by] > 0:
			left[by]--
		case !local && slices.Contains(is, port+onLoopback):
			out = append(out, fmt.Sprintf("%s is open on loopback only", port))
		default:
			out = append(out, fmt.Sprintf("nothing listens on %s any more", l))
		}
	}
	return out
}

// pickedBy is the user and the place of a port that the kernel picked, or "".
func pickedBy(listener string) string {
	_, user, ok := strings.Cut(listener, ofUser)
	if !ok {
		return ""
	}
	return user
}

// mountsGone are places where nothing is mounted any more, or nothing can be
// written.
func mountsGone(was, is []string) []string {
	var out []string
	for _, m := range was {
		target, ro := strings.CutSuffix(m, readOnly)
		switch {
		case slices.Contains(is, m), ro && slices.Contains(is, target):
		case !ro && slices.Contains(is, target+readOnly):
			out = append(out, target+" is read-only now")
		default:
			out = append(out, target+" is not mounted any more")
		}
	}
	return out
}

// kernelPackage are packages that bring a kernel.
var kernelPackage = regexp.MustCompile(`^(linux($|-image|-lts|-virt|-zen|-hardened|-generic|-modules)|kernel|(.*-)?kernel(-|$))`)

// kernelDifference looks at the kernel that runs. A newer one is as it should be if
// it was among the updates, or lay there waiting for a reboot.
func kernelDifference(before journal.HealthData, after Fingerprint, updated []string) (worse []string, same string) {
	was, is := before.Kernel, after.Kernel
	switch {
	case was == "":
		return []string{notTaken}, ""
	case was == is:
		return nil, is + " as before"
	case older(is, was):
		return []string{fmt.Sprintf("kernel %s runs, and the newer %s did before", is, was)}, ""
	case slices.Contains(before.Kernels, is), slices.ContainsFunc(updated, kernelPackage.MatchString), newBuild(before, updated):
		return nil, fmt.Sprintf("%s after %s, as was to be expected", is, was)
	default:
		return []string{fmt.Sprintf("kernel %s runs and %s did before, but none was among the updates", is, was)}, ""
	}
}

// older compares releases of kernels; what cannot be compared is not older.
func older(a, b string) bool {
	plain := strings.NewReplacer("-", ".", "_", ".", "+", ".")
	n, err := version.Compare(version.RPM, plain.Replace(a), plain.Replace(b))
	return err == nil && n < 0
}

func timeDifference(before journal.HealthData, after Fingerprint) (worse []string, same string) {
	switch {
	case before.Time == "yes" && after.Time == "yes":
		return nil, "held by a time server as before"
	case before.Time == "yes":
		return []string{"no time server holds the clock any more"}, ""
	case before.Time == "no":
		return nil, "no time server held the clock before either"
	default:
		return nil, "the host cannot tell whether a time server holds its clock"
	}
}
