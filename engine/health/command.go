package health

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"patchwave/policies"
)

// command runs a command probe on the controller: a program and its arguments, or a
// script of the configuration. It gets no input, and ends with everything that it
// started when its time is over.
func (p Prober) command(ctx context.Context, probe policies.Probe) (bool, string, error) {
	words := []string{"/bin/sh", "-c", probe.Run}
	if probe.Command != nil {
		var err error
		if words, err = p.words(probe.Command); err != nil {
			return false, err.Error(), nil //nolint:nilerr // a text without a value on this host: the probe is false
		}
	}
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	ownGroup(cmd)
	cmd.WaitDelay = time.Second // a grandchild may keep the pipe
	out := &head{}
	cmd.Stdout, cmd.Stderr = out, out
	err := cmd.Run()
	said := clean(strings.TrimSpace(strings.ToValidUTF8(string(out.kept), "?")))
	switch {
	case ctx.Err() != nil:
		return false, fmt.Sprintf("it did not end within %s", probeTimeout), nil
	case cmd.ProcessState == nil:
		return false, fmt.Sprintf("it cannot be run on the controller: %v", err), nil
	case err != nil:
		return false, strings.TrimSpace(fmt.Sprintf("%v %s", err, said)), nil
	default:
		return true, said, nil
	}
}

// head keeps the first few kilobytes that are written to it.
type head struct{ kept []byte }

// Write implements io.Writer; it takes everything.
func (h *head) Write(b []byte) (int, error) {
	h.kept = append(h.kept, b[:min(len(b), max(0, 4000-len(h.kept)))]...)
	return len(b), nil
}
