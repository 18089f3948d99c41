package config

import (
	"patchwave/engine/config/language"
	"patchwave/policies"
)

const restGroup = "People, compliance, hypervisors"

func describeNotify() *language.Block {
	return describe(notifyShape(), language.Block{
		Name: "notify", Group: restGroup,
		Doc:   "Somebody who is told what happened: once for each run and event.",
		Notes: []string{"What the addresses look like, and when each event is told: `MONITORING.md`."},
		Example: `notify "ops" {
  url = secret("file:/etc/patchwave/slack")
  on  = ["missed", "failed", "stopped"]
}`,
		Arguments: []language.Argument{
			language.Arg("url", language.Secret(), "Where to, as an address of shoutrrr; it holds a password or a token, so it is a secret.").Like(`${secret("file:/etc/patchwave/slack")}`),
			language.Arg("on", language.List(language.Word(policies.NotifyEvents())), "What is told.").Or(policies.NotifyEvents()),
		},
	})
}

func describeWaiver() *language.Block {
	return describe(waiverShape(), language.Block{
		Name: "waiver", Group: restGroup,
		Doc: "An exception with an owner and an end. It changes what counts as compliant, never what is installed.",
		Example: `waiver "legacy-erp" {
  hosts   = host.db-01
  updates = ["openssl*"]
  until   = "2027-03-31"
  owner   = "platform team"
  reason  = "vendor fix due in the first quarter"
}`,
		Arguments: []language.Argument{
			language.Arg("hosts", hostsOrGroups(), "Where it holds.").Like("host.db-01"),
			language.Arg("updates", globList(), "Names of packages; `*`, `?` and `[…]` stand for others.").Like([]string{"openssl*"}),
			untilArg("Its last day.").Like("2027-03-31"),
			language.Arg("owner", language.Text(), "Who answers for it.").Like("platform team"),
			language.Arg("reason", language.Text(), "Why.").Like("vendor fix due in the first quarter"),
		},
	})
}

func describeStandard() *language.Block {
	return describe(standardShape(), language.Block{
		Name: "standard", Group: restGroup,
		Doc:   "How soon updates must be installed for a host to be compliant.",
		Notes: []string{"Built in, and not to be declared: " + codeList(policies.BuiltInStandards()) + "."},
		Example: `standard "internal" {
  deadline {
    severity = ["critical"]
    within   = "14d"
  }
}`,
		Blocks: []*language.Block{describeDeadline()},
	})
}

func describeDeadline() *language.Block {
	return describe(deadlineShape(), language.Block{
		Name: "deadline", Many: true,
		Doc: "A span for updates of some sort; there may be several.",
		Example: `standard "internal" {
  deadline {
    classification = ["security"]
    within         = "30d"
  }
}`,
		Arguments: []language.Argument{
			language.Arg("within", language.Duration(), "How long after its publication an update must be installed.").Like("14d"),
			severityArg(), classificationArg(),
			language.Arg("known_exploited", language.Flag(), "Whether it mends something of CISA's catalogue."),
		},
		Rules: []language.Rule{language.AtLeastOne("severity", "classification", "known_exploited")},
	})
}

func describeProvider() *language.Block {
	args := []language.Argument{
		language.Arg("type", language.Word(policies.ProviderTypes()), "What it is."),
		language.Arg("connection", language.Ref("connection"), "How it is reached, if by a connection.").Like("connection.linux"),
		language.Arg("url", language.Text(), "Where its API is, without a password.").Like("https://pve1.example.net:8006"),
		language.Arg("token", language.Secret(), "Logs in there: for `proxmox`, which needs it, a token of the form `USER@REALM!NAME=UUID`."),
		language.Arg("ca_file", language.Text(), "A file with the authority that signed the certificate of its API; for `proxmox`.").Like("corp-ca.pem"),
		language.Arg("server_fingerprint", language.Text(), "`sha256:` and the 64 hex digits of the certificate of its API, instead of an authority; for `proxmox`.").Like("sha256:0000000000000000000000000000000000000000000000000000000000000000"),
	}
	does := map[string]string{
		"create": "Makes a point.", "check": "Says with status 0 that the point is good.",
		"rollback": "Goes back to it.", "remove": "Removes it.",
	}
	for _, name := range providerCommands {
		args = append(args, language.Arg(name, commandLine(), does[name]+" A program on the controller and its arguments; for type `command`, which needs it.").
			Like([]any{"/usr/local/bin/point", name, "${host.name}"}))
	}
	return describe(providerShape(), language.Block{
		Name: "provider", Group: restGroup,
		Doc:   "Something outside of the hosts that makes restore points of them. `restore_point` and `hypervisor` name it.",
		Notes: []string{"A provider that is no command needs `url`, `connection` or both; `proxmox` needs `url` and `token`, and the host's `hypervisor` names it: `{ provider = provider.pve, domain = \"101\" }`, with the number of the machine or its name there."},
		Example: `provider "pve" {
  type  = "proxmox"
  url   = "https://pve1.example.net:8006"
  token = secret("cred:pve")
}`,
		Arguments: args,
	})
}
