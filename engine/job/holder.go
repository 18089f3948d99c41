package job

import (
	"context"
	"regexp"
	"strconv"
	"time"

	"patchwave/connectors"
)

// Holder is who has claimed a host, as the host says. The zero value is nobody.
type Holder struct {
	Controller, Run string
	Fence           int64
	// Name is the host's in the inventory of that controller.
	Name string
	// Left is how long the claim stands without a renewal, by the host's own clock;
	// it has expired if this is not positive.
	Left time.Duration
}

var inClaim = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,256}$`)

// Show asks whose the host is. It changes nothing.
func (c Client) Show(ctx context.Context) (Holder, error) {
	v, _, err := c.op(ctx, "show", nil)
	if err != nil || v["holder_controller"] == "" {
		return Holder{}, err
	}
	h := Holder{Controller: v["holder_controller"], Run: v["holder_run"], Name: v["holder_name"]}
	var e1, e2 error
	h.Fence, e1 = strconv.ParseInt(v["holder_fence"], 10, 64)
	left, e2 := strconv.ParseInt(v["holder_left"], 10, 64)
	if e1 != nil || e2 != nil || !inClaim.MatchString(h.Controller) || !inClaim.MatchString(h.Run) || (h.Name != "" && !inClaim.MatchString(h.Name)) {
		return Holder{}, connectors.Errorf(connectors.CodeGuard, connectors.PhaseCommand, c.Host, "the host has a claim that cannot be read; look at the file claim in its directory")
	}
	h.Left = time.Duration(min(max(left, 0), int64(24*time.Hour/time.Second))) * time.Second
	return h, nil
}

// Break gives back the claim that Show has shown, whoever's it is. The error has
// code locked if it is another's by now, or if a job works on the host.
func (c Client) Break(ctx context.Context, h Holder) error {
	c.Claim = Claim{Controller: h.Controller, Run: h.Run, Fence: h.Fence}
	c.Keep = 0
	if h.Name != "" {
		c.Host = h.Name
	}
	return c.Release(ctx)
}
