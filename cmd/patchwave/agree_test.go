package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"patchwave/engine/plan"
	"patchwave/policies"
)

// cmdAgree compares a plan, as plan -o json printed it into a file, with what
// explain says of every update of its hosts. It prints each decision that occurred.
func cmdAgree(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: agree PLAN")
	}
	var p plan.Plan
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &p))
	var seen []string
	for _, w := range p.Waves {
		for _, b := range w.Batches {
			for _, h := range b.Hosts {
				ts.Check(ts.Exec("patchwave", "explain", h.Name, "-o", "json"))
				var doc explainDoc
				ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &doc))
				found, wrong := disagreements(w, h, doc)
				if len(wrong) > 0 {
					ts.Fatalf("explain %s and the plan of policy %s disagree:\n%s", h.Name, w.Policy, strings.Join(wrong, "\n"))
				}
				seen = append(seen, found...)
			}
		}
	}
	slices.Sort(seen)
	_, err := fmt.Fprintln(ts.Stdout(), strings.Join(slices.Compact(seen), " "))
	ts.Check(err)
}

// disagreements between a host of a plan and its explanation, and the decisions
// that occurred.
func disagreements(w plan.Wave, h plan.Host, doc explainDoc) (seen, wrong []string) {
	i := slices.IndexFunc(doc.Policies, func(e explainPolicy) bool { return e.Policy == w.Policy })
	if i < 0 {
		return nil, []string{"the policy is not explained"}
	}
	if got := doc.Policies[i].Wave; got == nil || *got != w.Name {
		wrong = append(wrong, "the wave is not "+w.Name)
	}
	planned := map[string]string{}
	for _, s := range h.Steps {
		for _, e := range s.Updates {
			planned[e.Name+" "+e.To] = e.Decision + " by " + or(e.Rule, "none")
		}
	}
	for _, s := range h.Skipped {
		planned[s.Name+" "+s.To] = s.Decision + " by " + or(s.Rule, "none")
	}
	for _, u := range doc.Policies[i].Updates {
		seen = append(seen, u.Decision)
		key, got := u.Name+" "+u.To, u.Decision+" by "+or(ruleOf(u), "none")
		if want := planned[key]; got != want {
			wrong = append(wrong, fmt.Sprintf("%s: explained as %s, planned as %q", key, got, want))
		}
		delete(planned, key)
		if u.File == nil || u.Line == nil || *u.File == "" || *u.Line < 1 || u.Reason == "" {
			wrong = append(wrong, key+": no place, or no reason")
		}
		installs := u.Decision == string(policies.Approved) || u.Decision == string(policies.Dependency)
		if installs != (u.Due != nil) && u.Decision != string(policies.Deferred) {
			wrong = append(wrong, fmt.Sprintf("%s: %s, due %v", key, u.Decision, u.Due))
		}
	}
	for key, what := range planned {
		wrong = append(wrong, key+": planned as "+what+", not explained")
	}
	return seen, wrong
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func ruleOf(u explainUpdate) string {
	if u.Rule == nil {
		return ""
	}
	return *u.Rule
}
