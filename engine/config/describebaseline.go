package config

import (
	"patchwave/engine/config/language"
	"patchwave/inventory"
	"patchwave/policies"
)

const policiesGroup = "Policies"

func describeBaseline() *language.Block {
	return describe(baselineShape(), language.Block{
		Name: "baseline", Group: policiesGroup,
		Doc: "Which updates are approved. The first rule that matches an update decides, from top to bottom; what no rule matches is not approved.",
		Notes: []string{
			"A rule matches if everything it asks for is true of the update. It matches whether or not its `after` is over; until then the decision is `deferred`.",
			"In JSON, too, the order in the file counts, over all types of rules; a program that sorts the keys of objects changes it.",
		},
		Example: `baseline "monthly" {
  hold "kernel-freeze" {
    packages = ["linux-image-*", "kernel*"]
    until    = "2027-01-08"
    reason   = "driver certification"
  }
  approve "critical" {
    classification = ["security"]
    severity       = ["critical", "important"]
    after          = "3d"
  }
}`,
		Blocks: []*language.Block{
			describeRule(policies.RuleApprove, "Approves what it matches, at once or some time after it came out.", `baseline "monthly" {
  approve "exploited" {
    known_exploited = true
  }
  approve "quiet" {
    where = !update.reboot && update.classification != "driver"
    after = "14d"
  }
}`),
			describeRule(policies.RuleHold, "Keeps what it matches from being installed, for now.", `baseline "monthly" {
  hold "kernel-freeze" {
    packages = ["linux-image-*"]
    until    = "2027-01-08"
    reason   = "driver certification"
  }
}`),
			describeRule(policies.RuleReject, "Refuses what it matches.", `baseline "monthly" {
  reject "bad-winre" {
    kbs    = ["KB5034441"]
    reason = "fails on small recovery partitions"
  }
}`),
			describeRule(policies.RulePin, "Approves the newest version that fits `version`; others are not installed.", `baseline "monthly" {
  pin "nginx" {
    packages = ["nginx"]
    version  = "1.24.*"
  }
}`),
		},
	})
}

func describeRule(kind policies.RuleKind, doc, example string) *language.Block {
	args := []language.Argument{
		language.Arg("packages", globList(), "Names of packages; `*`, `?` and `[…]` stand for others.").Like([]string{"linux-image-*"}),
		language.Arg("kbs", language.List(language.Text()), "Numbers of Microsoft's articles.").Like([]string{"KB5034441"}),
		language.Arg("cves", language.List(language.Text()), "Numbers of vulnerabilities of which the update mends one.").Like([]string{"CVE-2026-12345"}),
		classificationArg(), severityArg(),
		language.Arg("known_exploited", language.Flag(), "Whether it mends something of CISA's catalogue of exploited vulnerabilities, from an imported feed."),
		language.Arg("where", language.Condition(), "Any condition over `update` and `host`.").Like(`${!update.reboot && update.classification != "driver"}`),
	}
	switch kind {
	case policies.RuleApprove:
		args = append(args,
			language.Arg("after", language.Duration(), "How long after its publication, else after a scan first saw it, it is approved. May be zero.").Or("0s").Like("3d"),
			language.Arg("allow_removals", language.Flag(), "Other packages may be removed for it.").Or(false))
	case policies.RulePin:
		args = append(args, language.Arg("version", language.Text(), "The versions that fit; `*`, `?` and `[…]` stand for others.").Like("1.24.*"), untilArg("The last day of the rule."))
	case policies.RuleHold, policies.RuleReject:
		args = append(args, untilArg("The last day of the rule."))
	}
	args = append(args, language.Arg("reason", language.Text(), "Why; it stands in every decision of the rule.").Like("driver certification"))
	return describe(ruleShape(kind), language.Block{
		Name: string(kind), Doc: doc, Example: example, Arguments: args, Rules: []language.Rule{language.AtLeastOne(criteria...)},
	})
}

func classificationArg() language.Argument {
	return language.Arg("classification", language.List(language.Word(wordsOf(inventory.Classifications()))), "What sort of update it is.").Like([]string{"security"})
}

func severityArg() language.Argument {
	return language.Arg("severity", language.List(language.Word(wordsOf(inventory.Severities()))), "How bad it is not to have it. Without metadata it is `unknown`.").Like([]string{"critical", "important"})
}

func untilArg(doc string) language.Argument {
	return language.Arg("until", language.Date(), doc+" It ends with that day in patchwave's zone; one in the past is a warning.")
}
