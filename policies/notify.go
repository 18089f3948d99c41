package policies

import (
	"time"

	"patchwave/connectors"
	"patchwave/inventory"
)

// Notify is somebody who is told.
type Notify struct {
	Name string
	// URL is a shoutrrr URL, which is a secret as a whole.
	URL connectors.Secret
	// On are the events that are told; see NotifyEvents.
	On  []string
	Pos inventory.Position
}

// NotifyEvents is the closed list of events. Without a list of its own a Notify is
// told all of them.
func NotifyEvents() []string {
	return []string{"missed", "failed", "stopped", "finished", "unreachable", "suspended", "rollback-failed"}
}

// Notice is the report ahead of an opening: what will happen, and what would
// block it.
type Notice struct {
	// Before is how long before the opening it is sent.
	Before time.Duration
	To     []*Notify
	Pos    inventory.Position
}

// Stage downloads ahead of the window.
type Stage struct {
	// Before is how long before the opening the download may begin.
	Before time.Duration
	Pos    inventory.Position
}
