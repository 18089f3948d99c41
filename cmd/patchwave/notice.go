package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"patchwave/engine/feeds"
	"patchwave/engine/notify"
	"patchwave/engine/plan"
	"patchwave/inventory"
	"patchwave/policies"
	"patchwave/policies/agenda"
)

// oldScan is the age from which a scan says little about what will happen.
const oldScan = 7 * 24 * time.Hour

// dueNotices returns the openings ahead whose notice is due and was not written down
// yet. It reads no scan, so that it may be asked every minute.
func (a *app) dueNotices(ctx context.Context, s *session) ([]agenda.Launch, error) {
	var most time.Duration
	for _, p := range s.policies {
		if p.Notice != nil && p.Window != nil {
			most = max(most, p.Notice.Before)
		}
	}
	if most == 0 || s.store == nil {
		return nil, nil
	}
	now := a.now()
	g, err := a.agenda(ctx, s, now)
	if err != nil {
		return nil, err
	}
	var due []agenda.Launch
	for _, l := range g.between(now.Add(1), now.Add(most+1)) {
		p := policyNamed(s.policies, l.Policy)
		if p == nil || p.Notice == nil || l.Opens.Sub(now) > p.Notice.Before {
			continue
		}
		for _, m := range notify.OfNotice(openingOf(l), notify.Outlook{}, p, now) {
			told, err := s.store.HasNotification(ctx, m.ID)
			if err != nil {
				return nil, err
			}
			if !told {
				due = append(due, l)
				break
			}
		}
	}
	return due, nil
}

// notices writes down what is due ahead of openings, from the stored scans. It asks
// no host.
func (a *app) notices(ctx context.Context, s *session, due []agenda.Launch) error {
	if len(due) == 0 {
		return nil
	}
	seen, err := s.store.Seen(ctx)
	if err != nil {
		return err
	}
	last, err := s.store.Scans(ctx)
	if err != nil {
		return err
	}
	ledger, err := s.store.Ledger(ctx)
	if err != nil {
		return err
	}
	post, book, now := a.courier(ctx, s), feeds.NewBook(s.store), a.now()
	g, err := a.agenda(ctx, s, now)
	if err != nil {
		return err
	}
	for _, l := range due {
		p := policyNamed(s.policies, l.Policy)
		if p == nil {
			continue
		}
		look := outlookOfOpening(l)
		for _, name := range p.Hosts {
			h := s.inv.Host(name)
			if h == nil || p.Window == nil || g.placeOf(p, h).zone != l.Zone {
				continue
			}
			o, ok := last[name]
			if !ok {
				look.block(name, "never-seen", "run `patchwave scan`")
				continue
			}
			look.state(o, now)
			if o, ok = seen[name]; !ok {
				continue // it was never listed
			}
			us, err := book.Enrich(ctx, o)
			if err != nil {
				return err
			}
			look.add(p, o, plan.Decisions(p, h, o, us, ledger, l.Opens))
		}
		if err := post.tells(ctx, notify.OfNotice(openingOf(l), look.done(), p, now)); err != nil {
			return err
		}
	}
	return nil
}

func policyNamed(pols []*policies.Policy, name string) *policies.Policy {
	i := slices.IndexFunc(pols, func(p *policies.Policy) bool { return p.Name == name })
	if i < 0 {
		return nil
	}
	return pols[i]
}

func openingOf(l agenda.Launch) notify.Opening {
	return notify.Opening{Policy: l.Policy, Window: l.Window, Opens: l.Opens, Closes: l.Closes, Zone: l.Zone, State: string(l.State), Reason: l.Reason}
}

// outlook is what will happen in an opening, as far as it is known ahead.
type outlook struct{ notify.Outlook }

// outlookOfOpening begins with what would block all hosts.
func outlookOfOpening(l agenda.Launch) *outlook {
	o := &outlook{notify.Outlook{Blockers: []notify.Blocker{}}}
	switch {
	case l.State != policies.OpeningOpen:
		o.block("", string(l.State), l.Reason)
	case l.Launch.IsZero():
		o.block("", "late", l.Reason)
	}
	return o
}

func (o *outlook) block(host, code, why string) {
	o.Blockers = append(o.Blockers, notify.Blocker{Host: host, Code: code, Why: why})
}

// add counts one host: what was decided about its pending updates as at the opening,
// and which of them are kept back on the host itself.
func (o *outlook) add(p *policies.Policy, seen inventory.Observation, decided []plan.Explained) {
	updates, reboot := 0, p.Reboot.When == policies.RebootAlways
	kept := map[inventory.BlockedBy][]string{}
	for _, d := range decided {
		switch d.Verdict {
		case policies.Approved:
			updates++
			reboot = reboot || d.Reboot
			if d.Classification == inventory.Security {
				o.Security++
			}
		case policies.Blocked:
			kept[d.BlockedBy] = append(kept[d.BlockedBy], d.Name)
		}
	}
	if updates > 0 {
		o.Hosts++
		o.Updates += updates
		if p.Reboot.When != policies.RebootNever && (reboot || seen.Facts.RebootRequired) {
			o.Reboots++
		}
	}
	for _, by := range []inventory.BlockedBy{inventory.BlockedBroken, inventory.BlockedLocked, inventory.BlockedHeld} {
		if names := kept[by]; len(names) > 0 {
			o.block(seen.Host, string(by), strings.Join(names, ", "))
		}
	}
}

// state is what the last scan says of the machine itself.
func (o *outlook) state(seen inventory.Observation, now time.Time) {
	host, why := seen.Host, ""
	if seen.Problem != nil {
		why = seen.Problem.Message
	}
	switch seen.State {
	case inventory.ScanUnreachable:
		o.block(host, "unreachable", why)
	case inventory.ScanFailed:
		code := "failed"
		if seen.Problem != nil && slices.Contains([]string{"locked", "disk", "sudo"}, seen.Problem.Code) {
			code = seen.Problem.Code
		}
		o.block(host, code, why)
	case inventory.ScanStale:
		o.block(host, "stale", why)
	case inventory.ScanOK:
		if age := now.Sub(seen.At); age > oldScan {
			o.block(host, "stale", "its last scan was "+ago(age))
		}
	}
	var full []string
	for mount, free := range seen.Facts.DiskFree {
		if free < leastDisk {
			full = append(full, fmt.Sprintf("little space on %s: %s", mount, bytesText(free)))
		}
	}
	slices.Sort(full)
	if len(full) > 0 {
		o.block(host, "disk", strings.Join(full, "; "))
	}
}

// done is the outlook, what is about all hosts first, then by host.
func (o *outlook) done() notify.Outlook {
	slices.SortStableFunc(o.Blockers, func(a, b notify.Blocker) int { return cmp.Compare(a.Host, b.Host) })
	return o.Outlook
}
