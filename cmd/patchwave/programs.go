package main

import (
	"context"
	"os"

	"patchwave/connectors/local"
	"patchwave/engine/run"
)

// programs starts the actions of the controller: beside the configuration, and
// with little of the environment of this process. It implements run.Programs.
type programs struct {
	dir string
}

// passedOn are the variables that a program of the controller is given.
func passedOn() []string {
	return []string{"PATH", "HOME", "USER", "LOGNAME", "LANG", "TZ", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR"}
}

// Run implements run.Programs.
func (p programs) Run(ctx context.Context, x run.Program) (run.Printed, error) {
	env := x.Env
	for _, name := range passedOn() {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	rc, out, err := local.Program{Argv: x.Argv, Dir: p.dir, Env: env, Limit: x.Limit}.Run(ctx)
	return run.Printed{ExitCode: rc, Output: out}, err
}
