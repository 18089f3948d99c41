package config

import (
	"patchwave/engine/config/language"
	"patchwave/inventory/source"
	"patchwave/policies"
)

const inventoryGroup = "Inventory"

func describePatchwave() *language.Block {
	return describe(patchwaveShape(), language.Block{
		Name: "patchwave", Group: inventoryGroup,
		Doc: "The settings of the controller. There is one such block at most.",
		Example: `patchwave {
  required_version = ">= 0.1.0"
  database         = "/var/lib/patchwave/patchwave.db"
  timezone         = "Europe/Berlin"
  parallelism      = 200
  known_hosts      = ["~/.ssh/known_hosts"]
}`,
		Arguments: []language.Argument{
			language.Arg("required_version", language.Plain(), "The versions of patchwave that may read this configuration; nothing is evaluated in it. A pre-release counts as its release.").Like(">= 0.1.0"),
			language.Arg("database", language.Text(), "The file with the journal, the last scans and what was first seen when.").Like("/var/lib/patchwave/patchwave.db").OrSays("a file in the state directory of the user"),
			language.Arg("timezone", language.Zone(), "The zone of dates, and of windows and calendars that name none.").OrSays("the controller's own"),
			language.Arg("parallelism", language.Number(1, maxParallelism), "Connections at once, over all runs of this controller.").Or(DefaultParallelism),
			language.Arg("known_hosts", language.ListOrNone(language.Text()), "Files with the keys of hosts, as OpenSSH writes them.").Like([]string{"/etc/patchwave/known_hosts"}).OrSays("`~/.ssh/known_hosts` and `/etc/ssh/ssh_known_hosts`"),
		},
	})
}

func describeVariable() *language.Block {
	return describe(variableShape(), language.Block{
		Name: "variable", Group: inventoryGroup,
		Labels: []language.Label{{Name: "name", Pattern: `^[A-Za-z_][A-Za-z0-9_-]*$`}},
		Doc:    "A value that is given from outside and used as `var.NAME`.",
		Notes:  []string{"It comes from `PATCHWAVE_VAR_NAME`, then from `--var-file`, then from `--var`; the later one wins. A variable without a value and without a default is an error."},
		Example: `variable "tier" {
  type        = string
  default     = "prod"
  description = "Which machines: prod or test"
}`,
		Arguments: []language.Argument{
			language.Arg("type", language.TypeName(), "`string`, `number`, `bool`, `any`, or `list(…)`, `set(…)`, `map(…)`, `object({…})`, `tuple([…])` of them.").OrSays("any type"),
			language.Arg("default", language.Any(), "The value where none is given.").Like("prod"),
			language.Arg("description", language.Text(), "What it is for, for whoever reads the file.").Like("Which machines: prod or test"),
			language.Arg("nullable", language.Flag(), "Whether null is a value; where it is not, null stands for the default.").Or(true),
		},
		Blocks: []*language.Block{describeValidation()},
	})
}

func describeValidation() *language.Block {
	return describe(validationShape(), language.Block{
		Name: "validation", Many: true,
		Doc: "A condition that the value must meet; without it the configuration is refused.",
		Example: `variable "tier" {
  default = "prod"
  validation {
    condition     = contains(["prod", "test"], var.tier)
    error_message = "The tier is prod or test."
  }
}`,
		Arguments: []language.Argument{
			language.Arg("condition", language.Condition(), "An expression over var and local."),
			language.Arg("error_message", language.Text(), "What is said if the value does not meet it.").Like("The tier is prod or test."),
		},
	})
}

func describeLocals() *language.Block {
	free := language.Arg("NAME", language.Any(), "Any expression, used as local.NAME.")
	return describe(shape{}, language.Block{
		Name: "locals", Group: inventoryGroup, Many: true, Free: &free,
		Doc:   "Named expressions. Each argument, whatever its name, is used as `local.NAME`, in other locals too.",
		Notes: []string{"Locals that need each other are an error that names the whole circle."},
		Example: `locals {
  domain = "example.net"
  front  = "www.${local.domain}"
}`,
	})
}

func describeHost() *language.Block {
	return describe(hostShape(), language.Block{
		Name: "host", Group: inventoryGroup,
		Labels: []language.Label{{Name: "name", Pattern: `^[A-Za-z0-9_.-]*(\[[0-9]+:[0-9]+\])?[A-Za-z0-9_.-]*$`}},
		Doc:    "A machine, or a row of machines.",
		Notes: []string{
			"One range of numbers in the name makes a host a number: `host \"web-[01:50]\"` is `web-01` to `web-50`. In its arguments `each.name` is the name, `each.index` the number as it is written (`\"01\"`) and `each.number` the number.",
			"A host needs a connection, its own or that of a group it is in.",
		},
		Example: `host "web-[01:04]" {
  address    = "10.0.1.${each.number}"
  connection = connection.linux
  labels     = { role = "web", tier = "prod" }
  site       = site.fra1
  timezone   = "Europe/Berlin"
  depends_on = [host.db-01]
  vars       = { owner = "web team" }
}`,
		Arguments: []language.Argument{
			language.Arg("address", language.Text(), "A DNS name or an IP address, without user and port.").Like("10.0.1.1").OrSays("the name of the host"),
			language.Arg("connection", language.Ref("connection"), "How it is reached.").Like("connection.linux").OrSays("that of its groups"),
			language.Arg("labels", language.Map(label()), "Words to select by. They win over those of its groups.").Like(map[string]any{"role": "web"}),
			language.Arg("timezone", language.Zone(), "Its local time, for windows with `timezone = \"host\"`."),
			language.Arg("depends_on", language.ListOrNone(language.Ref("host")), "Hosts that are patched before it.").Like([]any{"host.db-01"}),
			language.Arg("vars", language.Map(language.Any()), "Anything else that expressions may want to know, as `host.vars`.").Like(map[string]any{"owner": "web team"}),
			language.Arg("site", language.Ref("site"), "Where it stands.").Like("site.fra1"),
			language.Arg("mac", language.Text(), "Its hardware address, for waking it.").Like("52:54:00:12:34:56"),
			language.Arg("hypervisor", hypervisorType(), "What it runs on, if it is a virtual machine.").Like(map[string]any{"type": "libvirt", "domain": "web-01"}),
		},
	})
}

// label is the value of a label.
func label() language.Type { return language.Scalar() }

func hypervisorType() language.Type {
	return language.Object(
		language.Arg("type", language.Word(policies.ProviderTypes()), "The kind of hypervisor."),
		language.Arg("provider", providerName(), "The provider that speaks to it, which has a type of its own.").Like("provider.pve"),
		language.Arg("uri", language.Text(), "Where it is.").Like("qemu+ssh://kvm1/system"),
		language.Arg("domain", language.Text(), "What the machine is called there.").Like("web-01"),
	).With(language.ExactlyOne("type", "provider"))
}

// providerName is a name, or a reference.
func providerName() language.Type { return language.Either(language.Ref("provider"), language.Text()) }

func describeGroup() *language.Block {
	return describe(groupShape(), language.Block{
		Name: "group", Group: inventoryGroup,
		Doc: "A set of hosts. `members` and `where` add up.",
		Notes: []string{
			"A group whose `where` reads facts cannot set a connection: what a host says about itself must not decide how it is logged in to. A critical group has the label `critical = \"yes\"`.",
		},
		Example: `group "web" {
  where      = host.labels.role == "web"
  labels     = { critical = "yes" }
  connection = connection.linux
}`,
		Arguments: []language.Argument{
			language.Arg("members", language.ListOrNone(language.Ref("host", "group")), "Hosts, and groups whose members are members of this one too.").Like([]any{"host.db-01", "group.web"}),
			language.Arg("where", language.Condition(), "Every host for which it is true is a member. It sees the host's own labels and facts."),
			language.Arg("labels", language.Map(label()), "Labels that the members inherit. Two groups that say different things are an error.").Like(map[string]any{"critical": "yes"}),
			language.Arg("connection", language.Ref("connection"), "How members without a connection of their own are reached.").Like("connection.linux"),
		},
		Rules: []language.Rule{language.AtLeastOne("members", "where")},
	})
}

func describeSource() *language.Block {
	return describe(sourceShape(), language.Block{
		Name: "source", Group: inventoryGroup,
		Labels: []language.Label{{Name: "type", Words: wordsOf(source.Kinds())}, {Name: "name", Pattern: namePattern.String()}},
		Doc:    "An inventory that another program keeps. Its hosts and groups are as if they stood in the configuration.",
		Notes: []string{
			"The first label is the form: `ansible` (INI, YAML, the JSON of `--list`, or a directory), `csv`, `json`, `command`, `terraform_state`, `ssh_config`.",
			"A command runs only for commands that contact hosts; the others use what it printed last and say how old that is. A name that is also declared is an error. Passwords in a source are left out, with a warning.",
		},
		Example: `source "ansible" "legacy" {
  path       = "hosts.ini"
  connection = connection.linux
}`,
		Arguments: []language.Argument{
			language.Arg("path", language.Text(), "The file, or for `ansible` a directory. Needed for every type but `command` and `ssh_config`.").Like("hosts.ini").OrSays("`" + defaultSSHConfig + "` for `ssh_config`"),
			language.Arg("connection", language.Ref("connection"), "How its hosts are reached.").Like("connection.linux"),
			language.Arg("command", commandLine(), "The program to run and its arguments, for type `command`.").Like([]any{"./inventory", "--list"}),
		},
		Rules: []language.Rule{language.AtMostOne("path", "command")},
	})
}

func describeSite() *language.Block {
	return describe(siteShape(), language.Block{
		Name: "site", Group: inventoryGroup,
		Doc: "A place where hosts stand, with limits of its own.",
		Notes: []string{
			"They hold for each command that connects: scan, ping, exec, plan, apply. A host waits for its turn without losing time of its own; " +
				"one behind jump hosts counts once, at its own site. The questions of an [availability](#availability) to its members come on top, at most four at once.",
		},
		Example: `site "fra1" {
  parallelism  = 50
  connect_rate = 20
}`,
		Arguments: []language.Argument{
			language.Arg("parallelism", language.Number(1, maxParallelism), "Connections at once to its hosts.").Like(50),
			language.Arg("connect_rate", language.Number(1, maxConnectRate), "New connections a second to its hosts.").Like(20),
		},
	})
}

func describeAvailability() *language.Block {
	probes := describeProbes()
	for _, p := range probes {
		p.See = "verification"
	}
	return describe(availabilityShape(), language.Block{
		Name: "availability", Group: inventoryGroup,
		Doc: "How many of some hosts may be away at once. It holds across every policy and every run.",
		Notes: []string{
			"Its probes are those of [verification](#verification): they say whether a member is healthy. Each member is asked for itself, once and " +
				"never from a cache: a probe with `on = \"host\"` on the member, one with `on = \"controller\"` with the attributes of the member. " +
				"Without probes a member is healthy that can be logged in to and did not end badly in this run.",
			"Before a host is changed all others are asked. It begins only if, with it away, no more are unavailable than may be: those that any run " +
				"of this database works on, those that a run left in the middle, those that do not answer or answer badly. The others are asked once more before " +
				"it reboots, and it comes back only when it answers well itself, within `within`, at least 2m.",
			"What cannot begin waits, and lets hosts of other groups go first. It is `deferred` when its window leaves no time any more, or when " +
				"members have not been well for 15m. `--now` and `--override` change nothing of that. A rollback by hand may begin on a host that is not well itself.",
		},
		Example: `availability "db-quorum" {
  hosts           = group.db
  max_unavailable = 1
  command "quorum" {
    run = "etcdctl endpoint health --cluster"
  }
}`,
		Arguments: []language.Argument{
			language.Arg("hosts", hostsOrGroups(), "Whom it is about.").Like("group.db"),
			language.Arg("max_unavailable", language.Amount(1), "How many may be away."),
			language.Arg("min_healthy", language.Amount(1), "How many must be healthy.").Like(2),
		},
		Rules:  []language.Rule{language.ExactlyOne("max_unavailable", "min_healthy")},
		Blocks: probes,
	})
}
