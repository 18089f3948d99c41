package faults

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Where is the kind of step.
type Where string

// The kinds of steps.
const (
	// Journal is a write to the journal.
	Journal Where = "journal"
	// Remote is a login, or a command on a host.
	Remote Where = "remote"
	// Ask is the same before the run has begun: it only looks.
	Ask Where = "ask"
)

// Kind is what happens.
type Kind string

// What can happen at a step.
const (
	// Kill ends the process before the step.
	Kill Kind = "kill"
	// KillAfter ends it when the step has worked, before anybody learns of it.
	KillAfter Kind = "kill-after"
	// Error fails without having done anything.
	Error Kind = "error"
	// ErrorAfter does it and says that it failed.
	ErrorAfter Kind = "error-after"
	// NoSpace fails for want of space: of the journal's disk, or of the host's.
	NoSpace Kind = "nospace"
	// Delay waits first.
	Delay Kind = "delay"
	// Duplicate does it twice; the answer is the second one's.
	Duplicate Kind = "duplicate"
)

// Kinds are all kinds.
func Kinds() []Kind {
	return []Kind{Kill, KillAfter, Error, ErrorAfter, NoSpace, Delay, Duplicate}
}

// Fault is one thing that goes wrong.
type Fault struct {
	Where Where
	// Step counts from one.
	Step int
	Kind Kind
	// Delay is how long Delay waits.
	Delay time.Duration
}

// String is the fault as Parse reads it.
func (f Fault) String() string {
	s := fmt.Sprintf("%s:%d:%s", f.Where, f.Step, f.Kind)
	if f.Kind == Delay {
		s += "=" + f.Delay.String()
	}
	return s
}

// defaultDelay is how long a delay is that does not say.
const defaultDelay = time.Second

// Parse reads faults: WHERE:STEP:KIND, separated by commas. The kind delay may
// say how long, as in "remote:5:delay=2s". "" is none.
func Parse(text string) ([]Fault, error) {
	var out []Fault
	for word := range strings.SplitSeq(text, ",") {
		if word = strings.TrimSpace(word); word == "" {
			continue
		}
		f, err := parse(word)
		if err != nil {
			return nil, fmt.Errorf("fault %q: %w", word, err)
		}
		out = append(out, f)
	}
	return out, nil
}

func parse(word string) (Fault, error) {
	part := strings.SplitN(word, ":", 3)
	if len(part) != 3 {
		return Fault{}, fmt.Errorf("it is not WHERE:STEP:KIND")
	}
	kind, rest, long := strings.Cut(part[2], "=")
	f := Fault{Where: Where(part[0]), Kind: Kind(kind)}
	var err error
	switch f.Step, err = strconv.Atoi(part[1]); {
	case f.Where != Journal && f.Where != Remote && f.Where != Ask:
		return f, fmt.Errorf("%q is none of journal, remote, ask", part[0])
	case err != nil || f.Step < 1:
		return f, fmt.Errorf("%q is no step: they count from 1", part[1])
	case !slices.Contains(Kinds(), f.Kind):
		return f, fmt.Errorf("%q is none of %v", kind, Kinds())
	case long && f.Kind != Delay:
		return f, fmt.Errorf("only delay takes a value")
	}
	if f.Kind == Delay {
		f.Delay = defaultDelay
	}
	if long {
		if f.Delay, err = time.ParseDuration(rest); err != nil || f.Delay <= 0 {
			return f, fmt.Errorf("%q is no time", rest)
		}
	}
	return f, nil
}
