package notify

import (
	"time"
)

// Schema is that of a message as it is stored and as a webhook gets it.
const Schema = "patchwave/notification/v1"

// The events that are told. All but EventNotice are those of policies.NotifyEvents;
// a notice is told to whom the policy's notice names.
const (
	EventMissed         = "missed"
	EventFailed         = "failed"
	EventStopped        = "stopped"
	EventFinished       = "finished"
	EventUnreachable    = "unreachable"
	EventSuspended      = "suspended"
	EventRollbackFailed = "rollback-failed"
	EventNotice         = "notice"
)

// MaxHosts is how many hosts are named in a message; the others are counted.
const MaxHosts = 10

// Message is what one receiver is told: one run or one opening, one event. Its JSON
// is what a generic webhook gets; its fields are compatible within v1.
type Message struct {
	Schema string `json:"schema"`
	// ID is the same each time the message is sent: the subject, the event and the
	// receiver, with slashes between.
	ID string `json:"id"`
	// Receiver is the name of the notify block.
	Receiver string    `json:"receiver"`
	Event    string    `json:"event"`
	At       time.Time `json:"at"`
	// Policies are those that tell this receiver, sorted.
	Policies []string `json:"policies"`
	// Title and Text say the same for people, as plain text.
	Title   string   `json:"title"`
	Text    string   `json:"text"`
	Run     *Run     `json:"run"`
	Opening *Opening `json:"opening"`
	Outlook *Outlook `json:"outlook"`
}

// Run is the run that a message is about.
type Run struct {
	ID       string     `json:"id"`
	Kind     string     `json:"kind"`
	State    string     `json:"state"`
	Started  time.Time  `json:"started"`
	Finished *time.Time `json:"finished"`
	Actor    string     `json:"actor"`
	Why      string     `json:"why"`
	// Totals counts the hosts of the policies by state, all of them under "hosts".
	Totals map[string]int `json:"totals"`
	// Hosts are those that the event is about, at most MaxHosts; More are left out.
	Hosts []Host `json:"hosts"`
	More  int    `json:"more"`
}

// Host is a host and what it or the controller said. Why is hostile.
type Host struct {
	Name  string `json:"name"`
	State string `json:"state"`
	Why   string `json:"why"`
}

// Opening is one policy in one opening of its window.
type Opening struct {
	Policy string    `json:"policy"`
	Window string    `json:"window"`
	Opens  time.Time `json:"opens"`
	Closes time.Time `json:"closes"`
	// Zone is that of the hosts if the window is host-local, else "".
	Zone string `json:"zone"`
	// State is open, frozen, suspended or unattended.
	State  string `json:"state"`
	Reason string `json:"reason"`
}

// key names the opening, the same for ever.
func (o Opening) key() string {
	k := o.Policy + "@" + o.Opens.UTC().Format(time.RFC3339)
	if o.Zone != "" {
		k += "@" + o.Zone
	}
	return k
}

// Outlook is what a notice says: what will happen, and what would block it.
type Outlook struct {
	Hosts   int `json:"hosts"`
	Updates int `json:"updates"`
	// Security are those of the updates that are security updates.
	Security int `json:"security"`
	// Reboots are hosts that will be rebooted, as far as it is known ahead.
	Reboots int `json:"reboots"`
	// Blockers are what stands in the way, at most MaxHosts; More are left out.
	Blockers []Blocker `json:"blockers"`
	More     int       `json:"more"`
}

// Blocker is something that would keep a host, or all of them, from being patched.
type Blocker struct {
	// Host is "" for what is about the whole opening.
	Host string `json:"host"`
	// Code is frozen, suspended, unattended or late for the opening; for a host
	// unreachable, never-seen, stale, failed, sudo, disk, locked, broken or held.
	Code string `json:"code"`
	// Why is hostile where Host is given.
	Why string `json:"why"`
}
