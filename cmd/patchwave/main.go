// Patchwave patches a fleet of machines from one controller, with nothing
// installed on the machines.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	os.Exit(execute(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// execute is the whole program but for the process around it.
func execute(ctx context.Context, args []string, in io.Reader, out, errw io.Writer) int {
	return newApp(in, out, errw).execute(ctx, args)
}

func (a *app) execute(ctx context.Context, args []string) int {
	a.signals = make(chan os.Signal, 2)
	// This is never taken back: a signal that comes while the program ends must not
	// change how it ends.
	signal.Notify(a.signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	// A reader that went away must not kill a run: what cannot be shown is not
	// shown, and the journal has it all.
	signal.Ignore(syscall.SIGPIPE)
	root := a.root()
	root.SetArgs(args)
	return a.finish(root.ExecuteContext(ctx))
}
