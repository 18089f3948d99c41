//go:build lab

package labhost

import (
	"context"
	"errors"
	"os"
)

// MoveTo gives the lab's own end, where patchwave runs, another address:
// "10.77.0.2". Connections from the old one hear nothing any more.
func (l *Lab) MoveTo(ctx context.Context, address string) error {
	return errors.Join(
		l.ip(ctx, "address", "flush", "dev", bridge),
		l.ip(ctx, "address", "add", address+"/24", "dev", bridge),
	)
}

// Full says that longer trials are wanted: the environment has CI_FULL.
func Full() bool { return os.Getenv("CI_FULL") != "" }
