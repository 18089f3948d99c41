package main

import (
	"fmt"
	"strings"

	"patchwave/engine/journal"
	"patchwave/engine/report/safe"
)

// actionName is an action in words.
func actionName(a *journal.Action) string {
	name := a.Name
	if a.Kind == journal.ActionRun {
		name = "action " + name
	}
	switch {
	case a.Undo && a.Kind == journal.ActionWake:
		return "back to sleep"
	case a.Undo:
		return "undo of " + name
	default:
		return name
	}
}

// actionsText shows the actions on a host, and what else is to be known of it.
func actionsText(h *journal.Host, color bool) string {
	var b strings.Builder
	for _, a := range h.Actions {
		fmt.Fprintf(&b, "    %s (%s) %s", safe.Text(actionName(a)), a.On, paint(a.State, stateStyle(a.State), color))
		if a.Fault != nil {
			fmt.Fprintf(&b, " %s", safe.Text(a.Fault.Message))
		}
		b.WriteString("\n")
	}
	for _, n := range h.Notes {
		fmt.Fprintf(&b, "    note: %s\n", safe.Text(n))
	}
	return b.String()
}

// actionEventText says what came of an action, while the run goes on.
func actionEventText(e journal.Event, r *journal.Run) string {
	d, err := journal.Decode[journal.ActionOutcomeData](e)
	h := r.Host(e.Host)
	if err != nil || h == nil || h.Action(d.ID) == nil {
		return ""
	}
	text := e.Host + "  " + actionName(h.Action(d.ID)) + " " + d.State
	if d.Fault != nil {
		text += ": " + d.Fault.Message
	}
	return text
}
