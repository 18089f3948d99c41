package health

import (
	"context"
	"fmt"
	"slices"
	"time"

	"patchwave/engine/journal"
)

// DefaultSettle is how long a host is given, after its updates or its reboot, to be
// again what it was.
const DefaultSettle = 2 * time.Minute

// hopeless is how long a service that ran may be failed before nobody waits for it
// any more: something may start it again, but not for long.
const hopeless = 30 * time.Second

// Comparison is what is compared with what was before, and how patiently.
type Comparison struct {
	Before journal.HealthData
	// Parts are the parts to compare; see policies.HealthParts.
	Parts []string
	// Updated are the names of the packages that were changed.
	Updated []string
	// Settle is how long the host is looked at again while something is worse; 0
	// means DefaultSettle. Pause is the time between two looks; 0 means two seconds.
	Settle, Pause time.Duration
}

// Unchanged compares the host with what it was, and again until nothing is worse or
// its time is over: services start one after the other, routes come with leases, a
// clock is set. What time does not mend (broken packages, the kernel, errors in a log) is not waited
// for, and a service that has failed only half a minute. There is one result a part. The error is the connection's, or the cause of
// ctx's end.
func (p Prober) Unchanged(ctx context.Context, c Comparison) ([]journal.ProbeResult, error) {
	settle, wait := c.Settle, c.Pause
	if settle <= 0 {
		settle = DefaultSettle
	}
	if wait <= 0 {
		wait = 2 * time.Second
	}
	deadline := time.NewTimer(settle)
	defer deadline.Stop()
	var failed time.Time
	for last := false; ; {
		after, err := p.Fingerprint(ctx, c.Parts, c.Before.Manager)
		if cause := context.Cause(ctx); cause != nil {
			return nil, fmt.Errorf("compare the health: %w", cause)
		}
		if err != nil {
			return nil, err
		}
		results := Difference(c.Before, after, c.Parts, c.Updated)
		if last || !slices.ContainsFunc(results, func(r journal.ProbeResult) bool { return mends(r) || after.Init == initWindows && servicing(r) }) {
			return results, nil
		}
		switch {
		case !slices.ContainsFunc(c.Before.Services, func(name string) bool { return after.States[name] == "failed" && !after.Runs[name] }):
			failed = time.Time{}
		case failed.IsZero():
			failed = time.Now()
		case time.Since(failed) >= min(hopeless, settle):
			return results, nil
		}
		next := time.NewTimer(wait)
		select {
		case <-next.C:
		case <-deadline.C:
			last = true
		case <-ctx.Done():
		}
		next.Stop()
	}
}

// mends reports whether time may make a result good.
func mends(r journal.ProbeResult) bool {
	return !r.OK && r.Name != partBroken && r.Name != partKernel && r.Name != partErrors
}
