package config

import (
	"patchwave/engine/config/language"
	"patchwave/policies"
)

func describePolicy() *language.Block {
	return describe(policyShape(), language.Block{
		Name: "policy", Group: policiesGroup,
		Doc: "How a set of hosts is patched: which updates, when, in which order, and what then.",
		Notes: []string{
			"Without a window it runs only by `patchwave apply`. Two policies whose windows overlap may not claim the same host, unless one names the other in `after`.",
			"In one opening, policies come in this order: what is in `after` first, then those that never reboot, then the lower priority, then the name.",
		},
		Example: `policy "web-prod" {
  hosts        = group.web
  baseline     = baseline.monthly
  window       = window.tuesday-night
  preparation  = preparation.standard
  verification = verification.web
  after        = [policy.db-prod]
  gap          = "90m"
  rollout {
    max_failures = "5%"
    wave "canary" {
      count = 2
      soak  = "24h"
    }
    wave "rest" {
      batch = "25%"
    }
  }
}`,
		Arguments: []language.Argument{
			language.Arg("hosts", hostsOrGroups(), "Whom it is about.").Like("group.web"),
			language.Arg("baseline", language.Ref("baseline"), "Which updates are approved.").Like("baseline.monthly"),
			language.Arg("preparation", language.Ref("preparation"), "What is done before.").Like("preparation.standard"),
			language.Arg("verification", language.Ref("verification"), "What must be true after.").Like("verification.web"),
			language.Arg("priority", language.Number(0, maxPriority), "Lower ones come first in a window.").Or(defaultPriority),
			language.Arg("updates", language.Word(updateSelections()), "All updates, only those that need no reboot, or only those that need one.").Or(updateSelections()[0]),
			language.Arg("window", language.Ref("window"), "When it runs.").Like("window.tuesday-night").OrSays("only by `patchwave apply`"),
			language.Arg("after", language.ListOrNone(language.Ref("policy")).OrOne(), "Policies that must have finished before.").Like([]any{"policy.db-prod"}),
			language.Arg("gap", language.Duration(), "The least time from the launch of the policy before it to its own. May be zero; needs a window.").Or("0s").Like("90m"),
			language.Arg("notify", language.ListOrNone(language.Ref("notify")).OrOne(), "Who is told what happened.").Like([]any{"notify.ops"}),
		},
		Blocks: []*language.Block{describeReboot(), describeRollout(), describeStage(), describeNotice(), describeWindowsUpdate()},
	})
}

// policyWith is an example of a block of a policy.
func policyWith(more string) string {
	return "policy \"web-prod\" {\n  hosts    = group.web\n  baseline = baseline.monthly\n" + more + "\n}"
}

func describeReboot() *language.Block {
	return describe(rebootShape(), language.Block{
		Name: "reboot",
		Doc:  "Whether and how hosts are rebooted.",
		Example: policyWith(`  reboot {
    when    = "required"
    timeout = "20m"
    stagger = "2m"
  }`),
		Arguments: []language.Argument{
			language.Arg("when", language.Word(rebootTimes()), "When the updates need it, always, never, or later in a window of its own.").Or(string(policies.RebootRequired)),
			language.Arg("timeout", language.Duration(), "How long a host may take to come back.").Or(defaultRebootTimeout),
			language.Arg("cycles", language.Number(1, maxCycles), "How often updates that ask for another reboot are followed.").Or(defaultCycles),
			language.Arg("stagger", language.Duration(), "The pause between the reboots of two hosts. May be zero.").Or("0s").Like("2m"),
			language.Arg("window", language.Ref("window"), "When a deferred reboot happens: for `when = \"defer\"`, which needs it. `patchwave run` pays it there, at most once an opening, as policy `NAME:reboot`; whoever reboots the host before has paid it.").Like("window.tuesday-night"),
		},
	})
}

func describeRollout() *language.Block {
	return describe(rolloutShape(), language.Block{
		Name:  "rollout",
		Doc:   "In which portions hosts are patched, and when it stops.",
		Notes: []string{"Without waves all hosts are one wave. Percentages are of the policy's hosts in this rollout, rounded down, at least 1."},
		Example: policyWith(`  rollout {
    max_failures = "5%"
    counts       = ["failed", "rolled-back", "unreachable"]
    wave "canary" {
      count = 2
      soak  = "24h"
    }
    wave "rest" {
      batch           = "25%"
      max_unavailable = "30%"
    }
  }`),
		Arguments: []language.Argument{
			language.Arg("max_failures", language.Amount(0), "Failures that are borne; with one more nothing else starts.").Or(0).Like("5%"),
			language.Arg("counts", language.List(language.Word(failureStates)), "What counts as a failure.").Or(defaultFailure),
			language.Arg("split", language.Word(splits()), "`reboot`: what needs no reboot first, and what needs one as a step of its own behind it.").OrSays("everything in one step"),
		},
		Blocks: []*language.Block{describeWave()},
	})
}

func describeWave() *language.Block {
	return describe(waveShape(), language.Block{
		Name:  "wave",
		Doc:   "A portion of the hosts. The next one waits until it is done and verified, and for its soak.",
		Notes: []string{"A wave without `count` and `percent` takes all hosts that are left, and is the last. Without such a one, hosts that are left over are an error."},
		Example: policyWith(`  rollout {
    wave "early" {
      percent = 10
      batch   = 20
      soak    = "24h"
    }
    wave "rest" {}
  }`),
		Arguments: []language.Argument{
			language.Arg("count", language.Number(1, maxAmount), "How many hosts.").Like(2),
			language.Arg("percent", language.Number(1, 100), "How many of a hundred hosts.").Like(10),
			language.Arg("batch", language.Amount(1), "How many are changed at a time.").Or(policies.DefaultBatch),
			language.Arg("max_unavailable", language.Amount(1), "How many may be away at once.").Like("30%").OrSays("no bound"),
			language.Arg("soak", language.Duration(), "How long the next wave waits after this one. May be zero.").Or("0s").Like("24h"),
		},
		Rules: []language.Rule{language.AtMostOne("count", "percent")},
	})
}

func describeStage() *language.Block {
	return describe(stageShape(), language.Block{
		Name: "stage",
		Doc:  "Downloads ahead of the window, by `patchwave run`: the packages that the opening will install, once an opening. Nothing is installed before it, and what could not be downloaded holds up nothing. The download gives way to a run at once; on Windows it ends the update that it is at first.",
		Example: policyWith(`  window   = window.tuesday-night
  stage {
    before = "6h"
  }`),
		Arguments: []language.Argument{language.Arg("before", language.Duration(), "How long before the window opens.").Like("6h")},
	})
}

func describeNotice() *language.Block {
	return describe(noticeShape(), language.Block{
		Name: "notice",
		Doc:  "A report ahead of the window: what will happen, and what would be in its way.",
		Example: policyWith(`  window   = window.tuesday-night
  notice {
    before = "24h"
    to     = [notify.ops]
  }`),
		Arguments: []language.Argument{
			language.Arg("before", language.Duration(), "How long before the window opens.").Like("24h"),
			language.Arg("to", language.ListOrNone(language.Ref("notify")).OrOne(), "Who gets it.").Like([]any{"notify.ops"}).OrSays("`notify` of the policy"),
		},
	})
}

func describeWindowsUpdate() *language.Block {
	return describe(windowsUpdateShape(), language.Block{
		Name: "windows_update",
		Doc: "Where Windows hosts get their updates from. A scan of a host that several policies claim, or none, asks what the host itself is set to. " +
			"Optional updates (previews, drivers) are left out, as Windows itself leaves them out.",
		Example: policyWith(`  windows_update {
    source      = "wsus"
    accept_eula = true
  }`),
		Arguments: []language.Argument{
			language.Arg("source", language.Word(updateSources()), "What the host is set to, a WSUS server, Microsoft, or a catalogue in a file.").Or(string(policies.SourceDefault)),
			language.Arg("cab", language.Text(), "The catalogue, for `source = \"offline\"`, which needs it. It is not carried to the hosts: put a file of that name into "+
				"`%ProgramData%\\patchwave\\offline` of each. It names security updates only, and has none of their files.").Like("wsusscn2.cab"),
			language.Arg("accept_eula", language.Flag(), "Accept the terms of updates, and of what winget brings, that have some.").Or(false),
		},
	})
}
