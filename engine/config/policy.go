package config

import (
	"time"

	"patchwave/policies"

	"github.com/hashicorp/hcl/v2"
)

// policy says how a set of hosts is patched.
type policy struct {
	name string
	at   hcl.Range
	// value has everything but what linking and resolving add.
	value policies.Policy

	hostRefs                                  []ref
	baselineRef, preparationRef, verification *ref
	// windowRef is when it runs, rebootWindow when a deferred reboot happens.
	windowRef, rebootWindow *ref
	afterRefs, notifyRefs   []ref
	notice                  *notice
	// prepared is set if a preparation is named, or a slip for one is written.
	prepared bool
	// gapAt and rolloutAt are the places of gap and of the rollout block, or that of
	// the policy.
	gapAt, rolloutAt hcl.Range

	// Set by linking:
	after  []*policy
	hosts  []*host
	groups []*group
	verify *verification
}

// The defaults of the language.
const (
	defaultPriority      = 50
	defaultRebootTimeout = 20 * time.Minute
	defaultCycles        = 2
	maxPriority          = 1_000_000
	maxCycles            = 100
)

func policyShape() shape {
	return shape{
		required: []string{"hosts", "baseline"},
		optional: []string{"preparation", "verification", "priority", "updates", "window", "after", "gap", "notify"},
		blocks:   []string{"reboot", "rollout", "stage", "notice", "windows_update"},
	}
}

func (l *loader) decodePolicy(raw *hcl.Block) {
	b := l.open(raw, policyShape())
	p := &policy{name: b.name, at: raw.DefRange, value: policies.Policy{
		Name: b.name, Priority: defaultPriority, Updates: "all", Pos: position(raw.DefRange),
	}}
	p.hostRefs = b.hostRefs("hosts")
	p.baselineRef = b.optionalRef("baseline", "baseline")
	p.prepared = b.meant("preparation")
	p.preparationRef = b.optionalRef("preparation", "preparation")
	p.verification = b.optionalRef("verification", "verification")
	if n, ok := b.number("priority", 0, maxPriority); ok {
		p.value.Priority = n
	}
	if w, ok := b.word("updates", updateSelections()...); ok {
		p.value.Updates = w
	}
	p.windowRef = b.optionalRef("window", "window")
	p.afterRefs = b.refs("after", true, "policy")
	p.notifyRefs = b.refs("notify", true, "notify")
	p.value.Gap, _ = b.spanOrZero("gap")
	p.value.Stage = l.decodeStage(b.only("stage"))
	p.notice = l.decodeNotice(b.only("notice"), p.notifyRefs)
	b.needsWindow()
	p.value.WindowsUpdate = l.decodeWindowsUpdate(b.only("windows_update"))
	p.value.Reboot, p.rebootWindow = l.decodeReboot(b.only("reboot"))
	p.gapAt, p.rolloutAt = b.place("gap"), raw.DefRange
	if inner := b.first("rollout"); inner != nil {
		p.rolloutAt = inner.DefRange
	}
	p.value.Rollout = l.decodeRollout(b.only("rollout"), raw.DefRange)
	declare(l, l.model.policies, b.name, labelRange(raw), p)
}

func (b *block) optionalRef(name, kind string) *ref {
	r, ok := b.ref(name, kind)
	if !ok {
		return nil
	}
	return &r
}

// needsWindow reports what has no meaning for a policy that runs only by apply.
func (b *block) needsWindow() {
	if b.meant("window") {
		return
	}
	const advice = "Without a window a policy runs only by apply. Give it window = window.NAME, or leave this out."
	if a, ok := b.attrs["gap"]; ok {
		b.l.fail(a.NameRange, "gap has no meaning without a window", advice)
	}
	for _, kind := range []string{"stage", "notice"} {
		if inner := b.first(kind); inner != nil {
			b.l.fail(inner.DefRange, kind+" has no meaning without a window", advice)
		}
	}
}

func windowsUpdateShape() shape {
	return shape{optional: []string{"source", "cab", "accept_eula"}}
}

func (l *loader) decodeWindowsUpdate(raw *hcl.Block) *policies.WindowsUpdate {
	if raw == nil {
		return nil
	}
	b := l.open(raw, windowsUpdateShape())
	w := &policies.WindowsUpdate{Source: policies.SourceDefault, Pos: position(raw.DefRange)}
	from, known := b.word("source", updateSources()...)
	if known {
		w.Source = policies.UpdateSource(from)
	}
	if file, ok := b.nonEmpty("cab"); ok && w.Source == policies.SourceOffline {
		if w.Cab, ok = l.path(file, b.place("cab")); ok {
			b.mustExist("cab", w.Cab)
		}
	}
	switch offline := w.Source == policies.SourceOffline; {
	case b.meant("source") && !known: // that was reported, and decides about cab
	case offline && !b.meant("cab"):
		l.fail(b.place("source"), "source = \"offline\" needs cab", "Name the catalogue: cab = \"wsusscn2.cab\".")
	case !offline && b.has("cab"):
		l.fail(b.attrs["cab"].NameRange, "cab has no meaning here", "It belongs to source = \"offline\".")
	}
	w.AcceptEULA, _ = b.flag("accept_eula")
	return w
}

func rebootShape() shape {
	return shape{optional: []string{"when", "timeout", "cycles", "stagger", "window"}}
}

func (l *loader) decodeReboot(raw *hcl.Block) (policies.Reboot, *ref) {
	r := policies.Reboot{When: policies.RebootRequired, Timeout: defaultRebootTimeout, Cycles: defaultCycles}
	if raw == nil {
		return r, nil
	}
	b := l.open(raw, rebootShape())
	when, known := b.word("when", rebootTimes()...)
	if known {
		r.When = policies.RebootWhen(when)
	}
	switch deferred := r.When == policies.RebootDefer; {
	case b.meant("when") && !known: // that was reported, and decides about the window
	case deferred && !b.meant("window"):
		l.fail(b.place("when"), "a deferred reboot needs a window", "Add window = window.NAME to the reboot block: the host is rebooted when it opens.")
	case !deferred && b.has("window"):
		l.fail(b.attrs["window"].NameRange, "window has no meaning here", "It belongs to when = \"defer\"; the policy's own window stands outside of this block.")
	}
	if d, ok := b.span("timeout"); ok {
		r.Timeout = d
	}
	if n, ok := b.number("cycles", 1, maxCycles); ok {
		r.Cycles = n
	}
	r.Stagger, _ = b.spanOrZero("stagger")
	return r, b.optionalRef("window", "window")
}
