package updatestest

import (
	"testing"

	"patchwave/connectors/script"
	"patchwave/engine/updates"
	"patchwave/engine/updates/parse"
	"patchwave/inventory"
)

var options = Options{Grammar: parse.Deb()}

func update(edit func(*inventory.Update)) updates.Listing {
	u := inventory.Update{Name: "a", Arch: "all", From: "1", To: "2"}
	list := parse.Updates([]inventory.Update{u})
	if edit != nil {
		edit(&list[0])
	}
	return updates.Listing{State: inventory.ScanOK, Updates: list}
}

// TestVerdicts: a suite that finds nothing wrong with anything would be green, too.
func TestVerdicts(t *testing.T) {
	problem := parse.Problem(parse.Exit, "x")
	yes := true
	change := updates.Change{Action: updates.ActionUpgrade, Name: "a", Arch: "all", From: "1", To: "2"}
	for name, tt := range map[string]struct {
		wrong []string
		want  int
	}{
		"a good listing":            {checkListing(update(nil), options), 0},
		"no state":                  {checkListing(updates.Listing{Problem: problem}, options), 1},
		"ok with a problem":         {checkListing(updates.Listing{State: inventory.ScanOK, Problem: problem}, options), 1},
		"failed in silence":         {checkListing(updates.Listing{State: inventory.ScanFailed}, options), 1},
		"unknown code":              {checkListing(updates.Listing{State: inventory.ScanFailed, Problem: &inventory.Problem{Code: "x", Message: "x"}}, options), 1},
		"an escape in a message":    {checkListing(updates.Listing{State: inventory.ScanFailed, Problem: &inventory.Problem{Code: "exit", Message: "\x1b[31m"}}, options), 1},
		"a name that is a command":  {checkListing(update(func(u *inventory.Update) { u.Name = "$(id)" }), options), 1},
		"a version that is none":    {checkListing(update(func(u *inventory.Update) { u.To = "-2" }), options), 1},
		"nothing to update from":    {checkListing(update(func(u *inventory.Update) { u.From = "" }), options), 1},
		"a new package, allowed":    {checkListing(update(func(u *inventory.Update) { u.From = "" }), Options{Grammar: parse.Deb(), NewPackages: true}), 0},
		"nil slices":                {checkListing(update(func(u *inventory.Update) { u.KBs = nil }), options), 1},
		"not sorted":                {checkListing(updates.Listing{State: inventory.ScanOK, Updates: append(update(func(u *inventory.Update) { u.Name = "b" }).Updates, update(nil).Updates...)}, options), 1},
		"installed is no package":   {checkListing(updates.Listing{State: inventory.ScanOK, Installed: []updates.Installed{{Name: "a", Arch: "all", State: "ok"}}}, options), 1},
		"reasons without a reboot":  {checkListing(updates.Listing{State: inventory.ScanOK, RebootReasons: []string{"x"}}, options), 1},
		"reasons for a reboot":      {checkListing(updates.Listing{State: inventory.ScanOK, RebootRequired: &yes, RebootReasons: []string{"x"}}, options), 0},
		"a good simulation":         {checkSimulation(updates.Simulation{OK: true, Changes: []updates.Change{change}}, options), 0},
		"no solution, no words":     {checkSimulation(updates.Simulation{}, options), 1},
		"no solution, but changes":  {checkSimulation(updates.Simulation{Problem: problem, Changes: []updates.Change{change}}, options), 1},
		"an upgrade from nothing":   {checkSimulation(updates.Simulation{OK: true, Changes: []updates.Change{{Action: updates.ActionUpgrade, Name: "a", Arch: "all", To: "2"}}}, options), 1},
		"a removal to something":    {checkSimulation(updates.Simulation{OK: true, Changes: []updates.Change{{Action: updates.ActionRemove, Name: "a", Arch: "all", From: "1", To: "2"}}}, options), 1},
		"an action of its own":      {checkSimulation(updates.Simulation{OK: true, Changes: []updates.Change{{Action: "explode", Name: "a", Arch: "all", From: "1", To: "2"}}}, options), 1},
		"changes in disorder":       {checkSimulation(updates.Simulation{OK: true, Changes: []updates.Change{{Action: updates.ActionUpgrade, Name: "b", Arch: "all", From: "1", To: "2"}, change}}, options), 1},
		"a size below nothing":      {checkSimulation(updates.Simulation{OK: true, Download: -1}, options), 1},
		"undo of no package":        {checkSimulation(updates.Simulation{OK: true, Undo: []updates.Undo{{Name: "-a", Arch: "all", Version: "1"}}}, options), 1},
		"a good outcome":            {checkOutcome(updates.Outcome{Claimed: true}, options), 0},
		"neither success nor words": {checkOutcome(updates.Outcome{}, options), 1},
		"success with a problem":    {checkOutcome(updates.Outcome{Claimed: true, Problem: problem}, options), 1},
		"a failed command":          {checkOutcome(updates.Outcome{Claimed: true, Failed: map[string]string{"$(id)": "x"}}, options), 1},
		"time that runs back":       {checkOutcome(updates.Outcome{Claimed: true, Duration: -1}, options), 1},
	} {
		if len(tt.wrong) != tt.want {
			t.Errorf("%s: %q, want %d", name, tt.wrong, tt.want)
		}
	}
}

func TestHost(t *testing.T) {
	for _, sh := range Shells(t) {
		h := NewHost(t)
		h.Command("patchwave-fake", `echo "$FAKE"; exit 3`)
		a, rc := h.Run(sh, script.Script{Name: "test", Version: 1, Sh: "pw_run x patchwave-fake a 'b c'\npw_status=$?\n"}, nil)
		if rc != 3 || Text(a, "x") != h.Dir || len(h.Calls("patchwave-fake")) != 1 || h.Calls("patchwave-fake")[0] != "a b c" {
			t.Errorf("%s: status %d, %q, %q", sh, rc, Text(a, "x"), h.Calls("patchwave-fake"))
		}
	}
}
