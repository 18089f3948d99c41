package run

import (
	"context"
	_ "embed" // the script
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/framing"
	"patchwave/connectors/script"
	"patchwave/engine/journal"
	"patchwave/policies"
)

//go:embed require.sh
var requireShell string

// maxComm is how much of a program's name Linux keeps, in bytes.
const maxComm = 15

// installerWait is how long another installation is waited for on a Windows host.
const installerWait = time.Minute

// Requirements asks a host, with one command, whether it is as a policy wants it
// before it is touched. A Windows host is asked besides what is in the way of updates,
// and, if reboots says that it may be rebooted, of that. It returns every way in which
// it is not, and the code of the failure; no reasons and "" if it is. now is the
// controller's clock.
func Requirements(ctx context.Context, s connectors.Session, host string, r policies.Require, reboots bool, now func() time.Time) (reasons []string, code connectors.Code, err error) {
	d := s.Dialect()
	args := map[string]string{"users": "no", "processes": strings.Join(comms(r.NoProcess, d), "\n"), "mounts": strings.Join(mounts(r, d), "\n")}
	if r.NoUsers {
		args["users"] = "yes"
	}
	limit := time.Minute
	if d == connectors.DialectPowerShell {
		args["wait"], args["reboot"] = strconv.Itoa(int(installerWait/time.Second)), "no"
		if reboots {
			args["reboot"] = "yes"
		}
		limit += installerWait + time.Minute
	}
	sent := now()
	a, err := script.Run(ctx, s, requireScript(), args, script.Options{
		Host: host, Command: connectors.Command{Become: true, Timeout: limit, MaxOutput: 1 << 20}})
	if err != nil {
		return nil, "", err
	}
	disk := lacking(a, r, d)
	reasons = append(disk, slices.Concat(skewed(a, r, sent, now()), running(a, r, d), loggedIn(a, r), blocked(a, d))...)
	switch {
	case len(reasons) == 0:
		return nil, "", nil
	case len(disk) > 0:
		return reasons, connectors.CodeDisk, nil
	default:
		return reasons, connectors.CodeGuard, nil
	}
}

// drive is a drive of Windows, as the configuration names it.
var drive = regexp.MustCompile(`^[A-Za-z]:\\?$`)

// mounts are the paths whose free space is asked for: drives of Windows there, paths
// elsewhere. A policy for both names both.
func mounts(r policies.Require, d connectors.Dialect) []string {
	var out []string
	for m := range r.DiskFree {
		if d == connectors.DialectPowerShell && drive.MatchString(m) || d != connectors.DialectPowerShell && strings.HasPrefix(m, "/") {
			out = append(out, m)
		}
	}
	slices.Sort(out)
	return out
}

// comms are names as Linux keeps them; Windows keeps all of them.
func comms(names []string, d connectors.Dialect) []string {
	if d == connectors.DialectPowerShell {
		return names
	}
	out := make([]string, 0, len(names))
	for _, n := range names {
		out = append(out, n[:min(len(n), maxComm)])
	}
	return out
}

// lacking says where there is too little space, or where it is not told.
func lacking(a framing.Answer, r policies.Require, d connectors.Dialect) (reasons []string) {
	free := map[string]int64{}
	for _, row := range rows(a, "disk") {
		if kib, err := strconv.ParseInt(row[0], 10, 64); err == nil && kib >= 0 && kib < 1<<50 {
			free[row[1]] = kib << 10
		}
	}
	for _, m := range mounts(r, d) {
		has, ok := free[m]
		switch {
		case !ok:
			reasons = append(reasons, "the free space on "+m+" cannot be told")
		case has < r.DiskFree[m]:
			reasons = append(reasons, fmt.Sprintf("%s free on %s, %s wanted", sizeText(has), m, sizeText(r.DiskFree[m])))
		}
	}
	return reasons
}

// skewed says how far the clock is off, as far as that is proven: the host read it
// at some time between the question and the answer.
func skewed(a framing.Answer, r policies.Require, sent, got time.Time) []string {
	if r.ClockSkew <= 0 {
		return nil
	}
	f, _ := a.Get("clock")
	seconds, err := strconv.ParseInt(strings.TrimSpace(string(f.Out)), 10, 64)
	if err != nil || seconds < 0 || seconds > 1<<40 {
		return []string{"its clock cannot be read"}
	}
	read := time.Unix(seconds, 0)
	ahead, behind := read.Sub(got), sent.Sub(read.Add(time.Second))
	word, off := "ahead", ahead
	if behind > ahead {
		word, off = "behind", behind
	}
	if off <= r.ClockSkew {
		return nil
	}
	return []string{fmt.Sprintf("its clock is %s %s, %s allowed", off.Round(time.Second), word, r.ClockSkew)}
}

// running says which programs run that must not.
func running(a framing.Answer, r policies.Require, d connectors.Dialect) (reasons []string) {
	if len(r.NoProcess) == 0 {
		return nil
	}
	if _, ok := a.Get("processes"); !ok {
		return []string{"it cannot be told which programs run"}
	}
	pids := map[string][]string{}
	for _, row := range rows(a, "processes") {
		if n, err := strconv.ParseInt(row[0], 10, 64); err == nil && n > 0 {
			pids[row[1]] = append(pids[row[1]], strconv.FormatInt(n, 10))
		}
	}
	for i, name := range comms(r.NoProcess, d) {
		if len(pids[name]) > 0 {
			reasons = append(reasons, fmt.Sprintf("%s runs (process %s)", r.NoProcess[i], list(pids[name])))
		}
	}
	return reasons
}

// loggedIn says who is at work.
func loggedIn(a framing.Answer, r policies.Require) []string {
	if !r.NoUsers {
		return nil
	}
	if f, ok := a.Get("users"); !ok || f.RC != 0 {
		return []string{"it cannot be told who is logged in"}
	}
	var users []string
	for _, row := range rows(a, "users") {
		users = append(users, short(row[0])+" on "+short(row[1]))
	}
	if len(users) == 0 {
		return nil
	}
	return []string{"logged in: " + list(users)}
}

// blocked says what is in the way of updates on a Windows host.
func blocked(a framing.Answer, d connectors.Dialect) (reasons []string) {
	if d != connectors.DialectPowerShell {
		return nil
	}
	if f, ok := a.Get("blockers"); !ok || f.RC != 0 {
		return []string{"it cannot be told whether another installation is at work"}
	}
	for _, row := range rows(a, "blockers") {
		reasons = append(reasons, bounded(row[1], 250))
	}
	return reasons
}

// rows are the lines of a frame that have two fields with a tab between.
func rows(a framing.Answer, frame string) (out [][2]string) {
	f, _ := a.Get(frame)
	for _, line := range f.Lines() {
		if first, second, ok := strings.Cut(line, "\t"); ok && first != "" {
			out = append(out, [2]string{first, second})
		}
	}
	return out
}

// short bounds a word that a host says.
func short(s string) string {
	const most = 64
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

func sizeText(n int64) string {
	switch {
	case n >= 1<<30:
		return strconv.FormatFloat(float64(n)/(1<<30), 'f', 1, 64) + " GiB"
	case n >= 1<<20:
		return strconv.FormatInt(n>>20, 10) + " MiB"
	default:
		return strconv.FormatInt(n>>10, 10) + " KiB"
	}
}

// require ends a host that is not as its policy wants it, and reports whether it
// has. A Windows host that cannot be updated now is ended too, whatever its policy
// says.
func (m *machine) require(ctx context.Context) (bool, error) {
	var wants policies.Require
	switch p := m.policy.Preparation; {
	case p != nil && p.Require != nil:
		wants = *p.Require
	case !m.windows():
		return false, nil
	}
	when := m.policy.Reboot.When
	reboots := when != policies.RebootNever && when != policies.RebootDefer && m.policy.Updates != "no-reboot"
	reasons, code, err := Requirements(ctx, m.session, m.name, wants, reboots, m.engine.Now)
	if err != nil || len(reasons) == 0 {
		return false, err
	}
	fault := &journal.Fault{Code: string(code), Message: "not fit to be patched: " + strings.Join(reasons, "; ") + "; nothing was changed"}
	return true, m.finish(ctx, journal.Failed, "", fault, m.stepEnd("failed", nil, fault)...)
}
