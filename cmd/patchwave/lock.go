package main

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"patchwave/engine/coord"
	"patchwave/engine/journal"
)

// lockDoc is the document of lock.
type lockDoc struct {
	Schema string     `json:"schema"`
	Leases []leaseDoc `json:"leases"`
	Claims []claimDoc `json:"claims"`
}

type leaseDoc struct {
	Kind  string `json:"kind"`
	Name  string `json:"name"`
	State string `json:"state"`
	Fence int64  `json:"fence"`
	Owner struct {
		Actor string `json:"actor"`
		Run   string `json:"run"`
		Host  string `json:"host"`
		PID   int    `json:"pid"`
	} `json:"owner"`
	Acquired time.Time `json:"acquired"`
	Renewed  time.Time `json:"renewed"`
	Age      int64     `json:"age_s"`
}

// claimDoc is a claim that stands on a host by what the journal knows.
type claimDoc struct {
	Host  string    `json:"host"`
	Run   string    `json:"run"`
	State string    `json:"state"`
	Since time.Time `json:"since"`
}

// The states of a lease and a claim.
const (
	lockHeld      = "held"
	lockAbandoned = "abandoned"
)

func (a *app) lockCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "lock", Short: "Who works on what: leases of runs, occurrences and hosts, and claims on hosts", GroupID: "look",
		Long: "A run holds a lease on itself and on each host while it works there; nobody else begins there meanwhile.\n" +
			"A lease ends with its process: at once if that is gone for sure, else when it was not renewed three times.\n" +
			"Abandoned leases are taken over by whoever needs them; there is nothing to be released by hand after a crash.",
		Example: "  patchwave lock list\n  patchwave lock release --host web-01",
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	list := &cobra.Command{
		Use: "list", Short: "List leases, and the claims that this controller has on hosts",
		Example: "  patchwave lock list\n  patchwave lock list -o json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.with(cmd, existing, func(s *session) error { return a.lockList(cmd.Context(), s) })
		},
	}
	cmd.AddCommand(strict(list), strict(a.lockReleaseCmd()))
	return cmd
}

func (a *app) lockList(ctx context.Context, s *session) error {
	doc, err := a.locks(ctx, s)
	if err != nil {
		return err
	}
	if a.flags.output != "text" {
		return a.json(doc)
	}
	if len(doc.Leases)+len(doc.Claims) == 0 {
		return a.printf("nothing is held\n")
	}
	age := func(d time.Duration) string { return d.Round(time.Second).String() }
	rows := make([][]cell, 0, len(doc.Leases)+len(doc.Claims))
	for _, l := range doc.Leases {
		holder := l.Owner.Actor
		if l.Owner.Run != "" {
			holder = "run " + l.Owner.Run + " of " + holder
		}
		rows = append(rows, []cell{c("lease"), c(l.Kind), c(l.Name), lockCell(l.State), c(age(time.Duration(l.Age) * time.Second)),
			c(holder + " (process " + strconv.Itoa(l.Owner.PID) + " on " + l.Owner.Host + ")")})
	}
	for _, x := range doc.Claims {
		rows = append(rows, []cell{c("claim"), c(coord.KindHost), c(x.Host), lockCell(x.State), c(age(a.now().Sub(x.Since))), c("run " + x.Run)})
	}
	return a.table([]string{"", "kind", "name", "state", "age", "holder"}, rows)
}

func lockCell(state string) cell {
	if state == lockAbandoned {
		return cell{state, warn}
	}
	return c(state)
}

// locks are all leases, and the claims that the journal knows of.
func (a *app) locks(ctx context.Context, s *session) (lockDoc, error) {
	doc := lockDoc{Schema: "patchwave/lock/v1", Leases: []leaseDoc{}, Claims: []claimDoc{}}
	leases := s.store.Leases()
	list, err := leases.List(ctx)
	if err != nil {
		return doc, err
	}
	for _, l := range list {
		d := leaseDoc{Kind: l.Kind, Name: l.Name, State: lockHeld, Fence: l.Fence, Acquired: l.Acquired, Renewed: l.Renewed,
			Age: int64(a.now().Sub(l.Acquired) / time.Second)}
		d.Owner.Actor, d.Owner.Run, d.Owner.Host, d.Owner.PID = l.Owner.Actor, l.Owner.Run, l.Owner.Host, l.Owner.PID
		if leases.Abandoned(l) {
			d.State = lockAbandoned
		}
		doc.Leases = append(doc.Leases, d)
	}
	doc.Claims, err = a.claims(ctx, s)
	return doc, err
}

// claims are the hosts on which a run of this controller began something and did
// not come to an end, by name, unless a later run has worked there. Whether the
// host still knows is for the host to say.
func (a *app) claims(ctx context.Context, s *session) ([]claimDoc, error) {
	out := []claimDoc{}
	rows, err := s.store.Runs(ctx, mostRuns)
	if err != nil {
		return nil, err
	}
	for len(rows) > 0 && !slices.Contains([]string{"running", "draining", "interrupted"}, rows[len(rows)-1].State) {
		rows = rows[:len(rows)-1]
	}
	later := map[string]bool{}
	for _, row := range rows { // newest first
		r, err := loadRun(ctx, s.store, row.ID)
		if err != nil {
			a.say("run %s cannot be read and is passed over: %v", row.ID, err)
			continue
		}
		for _, h := range r.Hosts {
			state, _ := journal.RowOf(h.State)
			open := state.Begun && !h.State.Ended()
			if open && !later[h.Name] {
				x := claimDoc{Host: h.Name, Run: r.ID, State: lockHeld, Since: h.Since.UTC()}
				if r.State == "interrupted" {
					x.State = lockAbandoned
				}
				out = append(out, x)
			}
			later[h.Name] = later[h.Name] || open || len(h.Jobs) > 0
		}
	}
	slices.SortFunc(out, func(a, b claimDoc) int { return strings.Compare(a.Host, b.Host) })
	return out, nil
}
