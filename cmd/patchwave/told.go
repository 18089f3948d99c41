package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"patchwave/engine/report/safe"
	"patchwave/engine/store"
)

// notificationDoc is one message to one receiver, as report and show have it.
type notificationDoc struct {
	ID       string `json:"id"`
	Receiver string `json:"receiver"`
	Event    string `json:"event"`
	// State is pending, sent or given-up.
	State    string     `json:"state"`
	Attempts int        `json:"attempts"`
	Tried    *time.Time `json:"tried"`
	// Error says why the last attempt failed; "" if it did not.
	Error string `json:"error"`
}

// toldOf is who was told about a run.
func toldOf(ctx context.Context, st *store.Store, run string) ([]notificationDoc, error) {
	list, err := st.Notifications(ctx, run)
	if err != nil {
		return nil, err
	}
	out := make([]notificationDoc, 0, len(list))
	for _, n := range list {
		out = append(out, notificationDoc{n.ID, n.Receiver, n.Event, n.State, n.Attempts, timePtr(n.Tried), n.Error})
	}
	return out, nil
}

// toldText is a line a message; "" if there is none.
func toldText(list []notificationDoc) string {
	if len(list) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("\nTold\n")
	for _, n := range list {
		fmt.Fprintf(&b, "  %s, that it %s: %s", safe.Text(n.Receiver), safe.Text(toldEvent(n.Event)), n.State)
		if n.State != store.NotificationSent && n.Attempts > 0 {
			fmt.Fprintf(&b, " after %s, %s", count(n.Attempts, "attempt"), safe.Text(n.Error))
		}
		b.WriteString("\n")
	}
	return b.String()
}

// toldEvent goes on after "that it".
func toldEvent(event string) string {
	switch event {
	case "failed":
		return "failed on hosts"
	case "unreachable":
		return "did not reach hosts"
	case "rollback-failed":
		return "could not take hosts back"
	case "stopped":
		return "was stopped"
	default:
		return event
	}
}
