package health

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"patchwave/policies"
)

// Program starts a program on the controller without a shell and waits for its end,
// at most limit. The error says that it could not be started or did not end; what it
// printed is hostile.
type Program func(ctx context.Context, argv []string, limit time.Duration) (rc int, output string, err error)

var errNoProgram = errors.New("nothing can be started on the controller here")

// command runs a command probe on the controller: a program and its arguments, or a
// script of the configuration.
func (p Prober) command(ctx context.Context, probe policies.Probe) (bool, string, error) {
	if p.Program == nil {
		return false, "", errNoProgram
	}
	argv := []string{"/bin/sh", "-c", probe.Run}
	if probe.Command != nil {
		var err error
		if argv, err = p.words(probe.Command); err != nil {
			return untrue(err.Error())
		}
	}
	rc, out, err := p.Program(ctx, argv, probeTimeout)
	if err != nil {
		return untrue(clean(err.Error()))
	}
	said := clean(strings.TrimSpace(strings.ToValidUTF8(out, "?")))
	if rc != 0 {
		said = strings.TrimSpace(fmt.Sprintf("exit status %d %s", rc, said))
	}
	return rc == 0, said, nil
}
