package main

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"patchwave/engine/journal"
	"patchwave/engine/report"
	"patchwave/engine/run"
	"patchwave/engine/store"
)

func (a *app) statusCmd() *cobra.Command {
	var watch, logs bool
	cmd := &cobra.Command{
		Use: "status [RUN]", Short: "Show the run in progress, or the last one", GroupID: "look",
		Long: "--watch follows the run, whoever carries it out, and ends when it ends, with the exit status of the run; q\n" +
			"leaves it alone and ends with 0. Where standard output is no terminal there is one line an event, with -o jsonl\n" +
			"one JSON object, with -o json the document at the end.",
		Example: "  patchwave status\n  patchwave status r20261122-020000-a1b2c3 -o json\n  patchwave status --watch",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if logs && !watch {
				return usage("--logs goes with --watch; `patchwave show RUN HOST` shows the log of one host")
			}
			return a.withRun(cmd, args, func(st *store.Store, r *journal.Run) error {
				if watch {
					return a.watch(cmd.Context(), st, r, logs)
				}
				return a.showRun(report.NewRun("status", r))
			})
		},
	}
	cmd.Flags().BoolVarP(&watch, "watch", "w", false, "follow the run until it ends")
	cmd.Flags().BoolVar(&logs, "logs", false, "with --watch where there is no terminal: also what the hosts print, a line each")
	return cmd
}

// withRun reads a run, the last one if none is named, and shows it.
func (a *app) withRun(cmd *cobra.Command, args []string, show func(*store.Store, *journal.Run) error) (err error) {
	cfg, diags, err := a.loadConfig()
	if err != nil || diags.HasErrors() {
		cfg = nil // what has happened can be read without a configuration
	}
	st, err := a.openStore(cmd.Context(), cfg, existing)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	id := ""
	if len(args) > 0 {
		id = args[0]
	}
	r, err := loadRun(cmd.Context(), st, id)
	if err != nil {
		return err
	}
	return show(st, r)
}

// showRun prints a run: a line a host, and what failed.
func (a *app) showRun(doc report.Run) error {
	if a.flags.output == "jsonl" {
		return a.json(struct {
			Schema string         `json:"schema"`
			Event  string         `json:"event"`
			Run    *journal.Run   `json:"run"`
			Totals map[string]int `json:"totals"`
		}{doc.Schema, "run", doc.Run, doc.Totals})
	}
	if a.flags.output == "json" {
		return a.json(doc)
	}
	rows := make([][]cell, 0, len(doc.Hosts))
	for _, h := range doc.Hosts {
		installed := 0
		for _, u := range h.Updates {
			if u.State == "installed" || u.State == "pending-reboot" {
				installed++
			}
		}
		why := h.Why
		if h.Fault != nil {
			why = h.Fault.Message
		}
		if h.Waiting != "" {
			why = "waits: " + h.Waiting
		}
		if why == "" {
			why = strings.Join(h.Notes, "; ")
		}
		if n := removedPoints(h); why == "" && n > 0 && doc.Run.Kind == run.KindPrune {
			why = count(n, "restore point") + " removed"
		}
		rows = append(rows, []cell{c(h.Name), stateCell(string(h.State)), c(h.Wave), c(strconv.Itoa(h.Batch)),
			c(strconv.Itoa(installed) + "/" + strconv.Itoa(len(h.Updates))), c(strconv.Itoa(h.Reboots)), c(why)})
	}
	if err := a.table([]string{"host", "state", "wave", "batch", "updates", "reboots", ""}, rows); err != nil {
		return err
	}
	return a.printf("\nRun %s %s%s\n", doc.Run.ID, paint(doc.Run.State, stateStyle(doc.Run.State), a.color(a.out)), runSums(doc))
}

// runSums says how many hosts ended how.
func runSums(doc report.Run) string {
	var parts []string
	for _, row := range journal.States() {
		if n := doc.Totals[string(row.State)]; n > 0 {
			parts = append(parts, strconv.Itoa(n)+" "+string(row.State))
		}
	}
	s := ": " + strings.Join(parts, ", ")
	if doc.Run.Why != "" {
		s += " (" + doc.Run.Why + ")"
	}
	return s
}

type historyDoc struct {
	Schema string       `json:"schema"`
	Runs   []historyRun `json:"runs"`
}

type historyRun struct {
	ID      string         `json:"id"`
	Kind    string         `json:"kind"`
	State   string         `json:"state"`
	Started time.Time      `json:"started"`
	Ended   *time.Time     `json:"finished"`
	Actor   string         `json:"actor"`
	Reason  string         `json:"reason"`
	Totals  map[string]int `json:"totals"`
}

func (a *app) historyCmd() *cobra.Command {
	var most int
	cmd := &cobra.Command{
		Use: "history", Short: "List past runs, newest first", GroupID: "look",
		Example: "  patchwave history\n  patchwave history -n 5 -o json",
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.history(cmd, most) },
	}
	cmd.Flags().IntVarP(&most, "number", "n", 20, "at most `N` runs")
	return cmd
}

func (a *app) history(cmd *cobra.Command, most int) (err error) {
	cfg, diags, err := a.loadConfig()
	if err != nil || diags.HasErrors() {
		cfg = nil
	}
	st, err := a.openStore(cmd.Context(), cfg, existing)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	list, err := st.Runs(cmd.Context(), most)
	if err != nil {
		return err
	}
	doc := historyDoc{Schema: report.SchemaHistory, Runs: []historyRun{}}
	for _, row := range list {
		r, err := loadRun(cmd.Context(), st, row.ID)
		if err != nil {
			a.say("run %s cannot be read: %v", row.ID, err)
			r = &journal.Run{ID: row.ID, Kind: row.Kind, State: "damaged", Started: row.Started, Ended: row.Ended}
		}
		doc.Runs = append(doc.Runs, historyRun{r.ID, r.Kind, r.State, r.Started, r.Ended, r.Actor, r.Reason, report.NewRun("history", r).Totals})
	}
	if a.flags.output != "text" {
		return a.json(doc)
	}
	rows := make([][]cell, 0, len(doc.Runs))
	for _, r := range doc.Runs {
		rows = append(rows, []cell{c(r.ID), c(r.Kind), stateCell(r.State), c(r.Started.In(a.now().Location()).Format("2006-01-02 15:04")),
			c(strconv.Itoa(r.Totals["hosts"])), c(strconv.Itoa(r.Totals["done"])), c(strconv.Itoa(r.Totals["failed"] + r.Totals["lost"])), c(r.Actor)})
	}
	return a.table([]string{"run", "kind", "state", "started", "hosts", "done", "failed", "by"}, rows)
}
