//go:build faults

package main

import (
	"fmt"
	"io"
	"os"

	"patchwave/connectors"
	"patchwave/engine/faults"
	"patchwave/engine/run"
)

// withFaults gives an engine the faults that PATCHWAVE_FAULTS asks for
// ("journal:17:kill-after"). PATCHWAVE_FAULTS_TRACE is a file to which every step
// is added.
func (a *app) withFaults(e *run.Engine) error {
	i, err := a.injector()
	if err != nil {
		return err
	}
	e.Journal, e.Dialer = i.Journal(e.Journal), i.Dialer(faults.Remote, e.Dialer)
	return nil
}

// askingFaults is withFaults for what is asked before a run.
func (a *app) askingFaults(d connectors.Dialer) (connectors.Dialer, error) {
	i, err := a.injector()
	if err != nil {
		return nil, err
	}
	return i.Dialer(faults.Ask, d), nil
}

func (a *app) injector() (*faults.Injector, error) {
	text, _ := a.env("PATCHWAVE_FAULTS")
	list, err := faults.Parse(text)
	if err != nil {
		return nil, usage("PATCHWAVE_FAULTS: %w", err)
	}
	var trace io.Writer
	if path, ok := a.env("PATCHWAVE_FAULTS_TRACE"); ok && path != "" {
		// open to the end of the process, whenever that is
		if trace, err = os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600); err != nil {
			return nil, usage("PATCHWAVE_FAULTS_TRACE: %w", err)
		}
	}
	return faults.New(list, trace, dieAtOnce), nil
}

// dieAtOnce ends this process as kill -9 does, and does nothing until then.
func dieAtOnce() {
	p, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = p.Kill()
	}
	if err != nil {
		panic(fmt.Sprintf("cannot end this process: %v", err))
	}
	select {}
}
