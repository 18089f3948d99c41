package scan

import (
	"context"
	"strconv"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/framing"
	"patchwave/connectors/script"
)

// mostQuestions bounds how often a host is asked whether its search has ended,
// whatever it says.
const mostQuestions = 200

// turn is the longest that one question waits for a search on the host. It must end
// before anybody on the way takes the silence for a dead connection.
const turn = 45 * time.Second

// question runs the scan script. On Windows a search goes on on the host by itself: the
// script waits for it for one turn and may answer that it still runs. The host is
// asked again until it answers something else, or opt.Timeout is over; then the
// last answer counts, which says that the search goes on.
func question(ctx context.Context, s connectors.Session, scan script.Script, args map[string]string, opt script.Options) (framing.Answer, error) {
	if s.Dialect() != connectors.DialectPowerShell {
		return script.Run(ctx, s, scan, args, opt) //nolint:wrapcheck // it says it all
	}
	end := time.Now().Add(opt.Timeout)
	for n := 1; ; n++ {
		left := time.Until(end)
		wait := max(0, min(turn, opt.Idle/3, left/2))
		args["wait"] = strconv.Itoa(int(wait / time.Second))
		opt.Timeout = max(left, wait+time.Second)
		a, err := script.Run(ctx, s, scan, args, opt)
		if err != nil {
			return a, err //nolint:wrapcheck // it says it all
		}
		since := runningSince(a)
		if since == "" || n >= mostQuestions || time.Until(end) < 2*time.Second || ctx.Err() != nil {
			return a, nil
		}
		args["since"] = since
	}
}

// runningSince is when the search began that still goes on on the host; "" if none
// does.
func runningSince(a framing.Answer) string {
	if _, ok := a.Get("scan.running"); !ok {
		return ""
	}
	began, ok := seconds(a.Values("scan.running")["started"])
	if !ok {
		return ""
	}
	return strconv.FormatInt(int64(began/time.Second), 10)
}
