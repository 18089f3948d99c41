package notify

import (
	"cmp"
	"slices"
	"time"

	"patchwave/engine/journal"
	"patchwave/policies"
)

// kindRollback is the kind of a run that takes hosts back.
const kindRollback = "rollback"

// OfRun returns what is to be told about a run as it stands: one message for each
// receiver and event, in the order of the receivers' names and of
// policies.NotifyEvents. A receiver hears of the hosts whose policies name it. Of a
// run that goes on only rollback-failed is told: the rest is told when it ends, or
// waits for its soak.
func OfRun(r *journal.Run, pols []*policies.Policy, at time.Time) []Message {
	var out []Message
	for _, t := range receivers(pols) {
		var hosts []*journal.Host
		for _, h := range r.Hosts {
			if len(t.of(h)) > 0 {
				hosts = append(hosts, h)
			}
		}
		if len(hosts) == 0 {
			continue
		}
		for _, event := range policies.NotifyEvents() {
			if !slices.Contains(t.to.On, event) {
				continue
			}
			about, told := concerned(r, hosts, event)
			if told {
				out = append(out, ofRun(r, hosts, about, t, event, at))
			}
		}
	}
	return out
}

// receiver is somebody who is told, and by which policies.
type receiver struct {
	to       *policies.Notify
	policies []string
	// claims are the hosts of the policies, sorted.
	claims map[string][]string
}

// of returns those of the receiver's policies that a host was patched by. One that was
// left out before it had come to a policy counts for all that claim it.
func (t receiver) of(h *journal.Host) []string {
	var out []string
	for _, name := range t.policies {
		_, claimed := slices.BinarySearch(t.claims[name], h.Name)
		if name == h.Policy || h.Policy == "" && claimed {
			out = append(out, name)
		}
	}
	return out
}

// receivers are sorted by name.
func receivers(pols []*policies.Policy) []receiver {
	by := map[string]*receiver{}
	for _, p := range pols {
		for _, n := range p.Notify {
			if by[n.Name] == nil {
				by[n.Name] = &receiver{to: n, claims: map[string][]string{}}
			}
			by[n.Name].claims[p.Name] = p.Hosts
			by[n.Name].policies = append(by[n.Name].policies, p.Name)
		}
	}
	var out []receiver
	for _, t := range by {
		out = append(out, *t)
	}
	slices.SortFunc(out, func(a, b receiver) int { return cmp.Compare(a.to.Name, b.to.Name) })
	return out
}

// concerned returns the hosts that an event is about, and whether it happened.
func concerned(r *journal.Run, hosts []*journal.Host, event string) ([]*journal.Host, bool) {
	var is func(*journal.Host) bool
	switch event {
	case EventRollbackFailed:
		is = func(h *journal.Host) bool { return r.RollbackFailed(h) }
	case EventFailed:
		is = func(h *journal.Host) bool { return failed(h) && !r.RollbackFailed(h) && r.Kind != kindRollback }
	case EventUnreachable:
		is = func(h *journal.Host) bool { return h.State == journal.Unreachable }
	case EventStopped:
		is = failed
	default:
		is = func(h *journal.Host) bool { return failed(h) || h.State == journal.Unreachable }
	}
	about := slices.DeleteFunc(slices.Clone(hosts), func(h *journal.Host) bool { return !is(h) })
	switch event {
	case EventRollbackFailed:
		return about, len(about) > 0
	case EventFailed, EventUnreachable:
		return about, len(about) > 0 && atRest(r)
	case EventStopped:
		return about, r.State == "stopped"
	case EventFinished:
		return about, r.State == "finished" || r.State == "cancelled"
	default:
		return nil, false
	}
}

// atRest says that nobody works on the run and that it is no crash: it has ended or
// waits for its soak.
func atRest(r *journal.Run) bool {
	return slices.Contains([]string{"finished", "stopped", "cancelled", "soaking"}, r.State)
}

func failed(h *journal.Host) bool {
	return h.State == journal.Failed || h.State == journal.Lost || h.State == journal.RolledBack
}

func ofRun(r *journal.Run, hosts, about []*journal.Host, t receiver, event string, at time.Time) Message {
	part := &Run{ID: r.ID, Kind: r.Kind, State: r.State, Started: r.Started, Finished: r.Ended, Actor: r.Actor, Why: r.Why,
		Totals: map[string]int{"hosts": len(hosts)}, Hosts: []Host{}}
	var of []string
	for _, h := range hosts {
		part.Totals[string(h.State)]++
		for _, name := range t.of(h) {
			if !slices.Contains(of, name) {
				of = append(of, name)
			}
		}
	}
	// the worst first: they are named, where not all can be
	slices.SortStableFunc(about, func(a, b *journal.Host) int { return cmp.Compare(weight(a), weight(b)) })
	for i, h := range about {
		if i == MaxHosts {
			part.More = len(about) - MaxHosts
			break
		}
		why := h.Why
		if h.Fault != nil {
			why = h.Fault.Message
		}
		part.Hosts = append(part.Hosts, Host{Name: h.Name, State: string(h.State), Why: why})
	}
	slices.Sort(of)
	return Message{Event: event, Receiver: t.to.Name, At: at.UTC(), Policies: of, Run: part}.sealed(r.ID)
}

// weight sorts hosts: lost before failed before the others.
func weight(h *journal.Host) int {
	switch h.State {
	case journal.Lost:
		return 0
	case journal.Failed:
		return 1
	case journal.RolledBack:
		return 2
	default:
		return 3
	}
}

// OfOpening returns what is to be told about an opening in which a policy did not
// run: EventMissed, or EventSuspended where it was passed over.
func OfOpening(o Opening, event string, pols []*policies.Policy, at time.Time) []Message {
	var out []Message
	for _, t := range receivers(pols) {
		if slices.Contains(t.policies, o.Policy) && slices.Contains(t.to.On, event) {
			out = append(out, ofOpening(o, event, t.to.Name, nil, at))
		}
	}
	return out
}

// OfNotice returns the notices ahead of an opening, one a receiver of the policy's
// notice; nil if it has none.
func OfNotice(o Opening, look Outlook, p *policies.Policy, at time.Time) []Message {
	if p.Notice == nil {
		return nil
	}
	look.Blockers = slices.Clone(look.Blockers)
	if n := len(look.Blockers); n > MaxHosts {
		look.Blockers, look.More = look.Blockers[:MaxHosts], look.More+n-MaxHosts
	}
	var out []Message
	for _, to := range p.Notice.To {
		out = append(out, ofOpening(o, EventNotice, to.Name, &look, at))
	}
	return out
}

func ofOpening(o Opening, event, receiver string, look *Outlook, at time.Time) Message {
	return Message{Event: event, Receiver: receiver, At: at.UTC(), Policies: []string{o.Policy}, Opening: &o, Outlook: look}.sealed(o.key())
}

// sealed gives a message its id and its text.
func (m Message) sealed(subject string) Message {
	m.Schema = Schema
	m.ID = subject + "/" + m.Event + "/" + m.Receiver
	t := Render(Plain, m)
	m.Title, m.Text = t.Title, t.Body
	return m
}
