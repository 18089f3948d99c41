package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"patchwave/engine/report/safe"
	"patchwave/policies"
	"patchwave/policies/agenda"
	"patchwave/policies/calendar"
)

// scheduleDoc is the document of schedule.
type scheduleDoc struct {
	Schema   string       `json:"schema"`
	Facts    string       `json:"facts"`
	From     time.Time    `json:"from"`
	Until    time.Time    `json:"until"`
	Openings []openingDoc `json:"openings"`
}

// openingDoc is one policy in one opening of its window.
type openingDoc struct {
	Policy   string     `json:"policy"`
	Window   string     `json:"window"`
	Timezone string     `json:"timezone"`
	Opens    time.Time  `json:"opens"`
	Closes   time.Time  `json:"closes"`
	Launch   *time.Time `json:"launch"`
	State    string     `json:"state"`
	Reason   string     `json:"reason"`
	// Staging is null where nothing was downloaded ahead.
	Staging *stagingDoc `json:"staging"`
}

func newOpeningDoc(l agenda.Launch) openingDoc {
	d := openingDoc{Policy: l.Policy, Window: l.Window, Timezone: l.Location.String(), Opens: l.Opens.In(l.Location), Closes: l.Closes.In(l.Location),
		State: string(l.State), Reason: l.Reason}
	if !l.Launch.IsZero() {
		at := l.Launch.In(l.Location)
		d.Launch = &at
	}
	return d
}

// openingText says when an opening is, for people.
func openingText(d openingDoc, zone *time.Location) string {
	text := d.Opens.In(zone).Format("Mon 2006-01-02 15:04") + " to " + d.Closes.In(zone).Format("15:04 MST")
	if d.Launch != nil && !d.Launch.Equal(d.Opens) {
		text += ", launched at " + d.Launch.In(zone).Format("15:04")
	}
	return text
}

type scheduleOptions struct{ from, until, policy string }

func (a *app) scheduleCmd() *cobra.Command {
	var opt scheduleOptions
	cmd := &cobra.Command{
		Use: "schedule", Short: "Show the openings ahead: which policy starts when, and what is frozen, suspended or unattended", GroupID: "daily",
		Long: "Times are in the zone of the configuration; TIME is a date or an RFC 3339 time. -o ics writes a calendar that\n" +
			"others can subscribe to.",
		Example:     "  patchwave schedule\n  patchwave schedule --from 2026-12-01 --until 2027-01-15 -p web-prod\n  patchwave schedule -o ics > patching.ics",
		Annotations: map[string]string{outputsAlso: "ics"},
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.with(cmd, optional, func(s *session) error {
				doc, err := a.schedule(cmd.Context(), s, opt)
				if err != nil {
					return err
				}
				return a.showSchedule(s, doc)
			})
		},
	}
	cmd.Flags().StringVar(&opt.from, "from", "", "from this `TIME` on (default now)")
	cmd.Flags().StringVar(&opt.until, "until", "", "until this `TIME` (default 30 days after --from)")
	cmd.Flags().StringVarP(&opt.policy, "policy", "p", "", "only this `POLICY`")
	cmd.AddCommand(strict(a.scheduleInstallCmd()))
	return cmd
}

// scheduleDays is how far schedule looks where nobody says.
const scheduleDays = 30

// maxSchedule bounds how far it looks: ten years of a weekly window are one page
// for a machine, and more is a mistake.
const maxSchedule = 3700 * 24 * time.Hour

func (a *app) schedule(ctx context.Context, s *session, opt scheduleOptions) (scheduleDoc, error) {
	zone := s.cfg.Zone()
	doc := scheduleDoc{Schema: "patchwave/schedule/v1", Facts: "none", From: a.now().In(zone), Openings: []openingDoc{}}
	if len(s.seen) > 0 {
		doc.Facts = "stored"
	}
	var err error
	if opt.from != "" {
		if doc.From, err = firstInstant(opt.from, zone); err != nil {
			return doc, usage("--from: %w", err)
		}
	}
	doc.Until = doc.From.AddDate(0, 0, scheduleDays)
	if opt.until != "" {
		if doc.Until, err = firstInstant(opt.until, zone); err != nil {
			return doc, usage("--until: %w", err)
		}
	}
	switch {
	case !doc.From.Before(doc.Until):
		return doc, usage("--until is not after --from")
	case doc.Until.Sub(doc.From) > maxSchedule:
		return doc, usage("--from and --until are more than ten years apart")
	}
	if opt.policy != "" {
		if err := knownPolicy(s.all(), opt.policy); err != nil {
			return doc, err
		}
	}
	g, err := a.agenda(ctx, s, doc.From)
	if err != nil {
		return doc, err
	}
	ahead, err := stagingDocs(ctx, s, doc.From)
	if err != nil {
		return doc, err
	}
	for _, l := range g.between(doc.From, doc.Until) {
		if opt.policy == "" || l.Policy == opt.policy {
			o := newOpeningDoc(l)
			o.Staging = ahead[l.Occurrence]
			doc.Openings = append(doc.Openings, o)
		}
	}
	return doc, nil
}

// firstInstant reads a time; a date is the first instant of that day in a zone.
func firstInstant(s string, zone *time.Location) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, nil
	}
	day, err := calendar.ParseDate(s)
	if err != nil {
		return time.Time{}, errTime
	}
	return day.At(0, zone), nil
}

func (a *app) showSchedule(s *session, doc scheduleDoc) error {
	switch a.flags.output {
	case "json":
		return a.json(doc)
	case "jsonl":
		for _, o := range doc.Openings {
			if err := a.json(struct {
				Schema string `json:"schema"`
				openingDoc
			}{doc.Schema, o}); err != nil {
				return err
			}
		}
		return nil
	case "ics":
		_, err := a.out.Write(calendar.WriteICS(a.now(), events(doc.Openings)))
		return err
	}
	return a.scheduleTable(s, doc)
}

// events are the openings as entries of a calendar. Their ids stay the same, so
// that a calendar program moves an entry instead of making a second one.
func events(openings []openingDoc) []calendar.Event {
	out := make([]calendar.Event, 0, len(openings))
	for _, o := range openings {
		e := calendar.Event{
			UID:     fmt.Sprintf("%s.%s.%d@patchwave", o.Policy, strings.ReplaceAll(o.Timezone, "/", "-"), o.Opens.Unix()),
			Start:   o.Opens,
			End:     o.Closes,
			Summary: "patchwave: " + o.Policy, Description: "window " + o.Window, Status: calendar.EventConfirmed,
			Categories: []string{"patchwave", o.State},
		}
		if o.Launch != nil {
			e.Start = *o.Launch
		} else {
			e.Status = calendar.EventCancelled
			e.Summary += " (" + cmp.Or(o.Reason, o.State) + ")"
		}
		out = append(out, e)
	}
	return out
}

// scheduleTable shows one row for an opening of a window: who starts when, and who
// does not and why.
func (a *app) scheduleTable(s *session, doc scheduleDoc) error {
	zone := s.cfg.Zone()
	type key struct {
		window, zone string
		opens        int64
	}
	var order []key
	rows := map[key][]openingDoc{}
	for _, o := range doc.Openings {
		k := key{o.Window, o.Timezone, o.Opens.Unix()}
		if rows[k] == nil {
			order = append(order, k)
		}
		rows[k] = append(rows[k], o)
	}
	var table [][]cell
	for _, k := range order {
		table = append(table, scheduleRow(rows[k], zone))
	}
	if len(table) == 0 {
		a.say("no window opens from %s to %s%s", doc.From.Format(time.DateOnly), doc.Until.Format(time.DateOnly), without(s.policies))
		return nil
	}
	if err := a.table([]string{"opens", "closes", "window", "starts", "does not start"}, table); err != nil {
		return err
	}
	for i, line := range append(whyNot(doc.Openings), stagedLines(doc.Openings, zone)...) {
		if i == 0 {
			line = "\n" + line // below the table
		}
		if err := a.printf("%s\n", safe.Block(line)); err != nil {
			return err
		}
	}
	return nil
}

// without names the policies that have no window.
func without(pols []*policies.Policy) string {
	var names []string
	for _, p := range pols {
		if p.Window == nil {
			names = append(names, p.Name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "; without a window, so only by `patchwave apply`: " + strings.Join(names, ", ")
}

func scheduleRow(openings []openingDoc, zone *time.Location) []cell {
	first := openings[0]
	opens, closes := first.Opens.In(zone), first.Closes.In(zone)
	end := closes.Format("15:04 MST")
	if closes.YearDay() != opens.YearDay() || closes.Year() != opens.Year() {
		end = closes.Format("Mon 15:04 MST")
	}
	window := first.Window
	if first.Timezone != zone.String() {
		window += " (" + first.Opens.Format("15:04 MST") + ")"
	}
	var starts []string
	var order []string
	not := map[string][]string{}
	for _, o := range openings {
		if o.Launch != nil {
			starts = append(starts, o.Launch.In(zone).Format("15:04")+" "+o.Policy)
			continue
		}
		word := notStarted(o)
		if not[word] == nil {
			order = append(order, word)
		}
		not[word] = append(not[word], o.Policy)
	}
	for i, word := range order {
		slices.Sort(not[word])
		order[i] = word + ": " + strings.Join(not[word], ", ")
	}
	return []cell{c(opens.Format("Mon 2006-01-02 15:04")), c(end), c(window), {strings.Join(starts, ", "), good}, {strings.Join(order, "; "), warn}}
}

// notStarted says in a word why a policy does not start in an opening.
func notStarted(o openingDoc) string {
	if o.State == string(policies.OpeningOpen) {
		return "too late"
	}
	return o.State
}

// whyNot has a line for each reason for which something does not start.
func whyNot(openings []openingDoc) []string {
	var out []string
	for _, o := range openings {
		if o.Launch == nil && o.Reason != "" {
			if line := notStarted(o) + ": " + strings.TrimPrefix(o.Reason, o.State+" "); !slices.Contains(out, line) {
				out = append(out, line)
			}
		}
	}
	return out
}
