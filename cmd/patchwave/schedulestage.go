package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"patchwave/engine/store"
	"patchwave/policies/agenda"
)

// stagingDoc is what was downloaded ahead of an opening.
type stagingDoc struct {
	// State is "running", "done" or "nothing".
	State  string    `json:"state"`
	Began  time.Time `json:"began"`
	Reason string    `json:"reason"`
	// Hosts counts those that were looked at, Staged those on which all is there.
	Hosts  int            `json:"hosts"`
	Staged int            `json:"staged"`
	Failed []notStagedDoc `json:"failed"`
}

// notStagedDoc is a host on which not all is there.
type notStagedDoc struct {
	Host    string `json:"host"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// stagingDocs are the downloads ahead of openings at an instant or later.
func stagingDocs(ctx context.Context, s *session, from time.Time) (map[agenda.Occurrence]*stagingDoc, error) {
	out := map[agenda.Occurrence]*stagingDoc{}
	if s.store == nil {
		return out, nil
	}
	rows, err := s.store.Stagings(ctx, from)
	if err != nil {
		return nil, err
	}
	for _, g := range rows {
		hosts, err := s.store.StagedHosts(ctx, g.ID)
		if err != nil {
			return nil, err
		}
		out[keyOfStaging(g)] = newStagingDoc(g, hosts)
	}
	return out, nil
}

func newStagingDoc(g store.Staging, hosts []store.StagedHost) *stagingDoc {
	d := &stagingDoc{State: "done", Began: g.Began.UTC(), Reason: g.Reason, Hosts: len(hosts), Staged: wellStaged(hosts), Failed: []notStagedDoc{}}
	switch {
	case g.Finished.IsZero():
		d.State = "running"
	case len(hosts) == 0:
		d.State = "nothing"
	}
	for _, h := range hosts {
		if h.Problem != nil {
			d.Failed = append(d.Failed, notStagedDoc{h.Host, h.Problem.Code, h.Problem.Message})
		}
	}
	return d
}

// stagedLines have a line for each opening ahead of which something was downloaded.
func stagedLines(openings []openingDoc, zone *time.Location) []string {
	var out []string
	for _, o := range openings {
		g := o.Staging
		if g == nil {
			continue
		}
		line := fmt.Sprintf("downloaded ahead for %s on %s: ", o.Policy, o.Opens.In(zone).Format("Mon 2006-01-02 15:04"))
		if g.State == "nothing" {
			out = append(out, line+"nothing, "+g.Reason)
			continue
		}
		line += fmt.Sprintf("%d of %s", g.Staged, count(g.Hosts, "host"))
		if g.State == "running" {
			line += " so far"
		}
		for i, h := range g.Failed {
			if i == 5 {
				line += fmt.Sprintf("; and %d more", len(g.Failed)-i)
				break
			}
			line += "; not on " + h.Host + ": " + strings.TrimSuffix(h.Message, "; nothing was downloaded")
		}
		out = append(out, line)
	}
	return out
}
