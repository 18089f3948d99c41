package config

import (
	"patchwave/engine/config/language"
	"patchwave/inventory"
)

func describeTest() *language.Block {
	return describe(testShape(), language.Block{
		Name: "test", Group: "Policy tests", Labels: []language.Label{{Name: "name"}},
		Doc:   "What must be decided about some updates on some hosts at an instant. It stands in a `*.pwtest.hcl` file; no host is touched.",
		Notes: []string{"Hosts, policies and baselines are those of the configuration around it."},
		Example: `test "a kernel waits for the new year" {
  now = "2026-12-20T02:00:00+01:00"
  host "web-01" {
    os = { family = "debian" }
    updates = [
      { name = "linux-image-amd64", version = "6.1.99", classification = "security", severity = "critical" },
    ]
  }
  expect {
    host     = "web-01"
    update   = "linux-image-amd64"
    decision = "held"
    rule     = "kernel-freeze"
  }
}`,
		Arguments: []language.Argument{language.Arg("now", language.Instant(), "When it is.")},
		Blocks:    []*language.Block{describeTestHost(), describeExpect()},
	})
}

// testWith is an example of a block of a test.
func testWith(name, more string) string {
	return `test "` + name + `" {
  now = "2026-12-20T02:00:00+01:00"
` + more + `
}`
}

func describeTestHost() *language.Block {
	return describe(testHostShape(), language.Block{
		Name: "host", Many: true,
		Doc:   "A declared host as the test imagines it. Without facts it is one that was never scanned.",
		Notes: []string{"Parts of an update: " + codeList(testUpdateParts()) + ". `name` and `version` are needed."},
		Example: testWith("an old security update is approved", `  host "web-01" {
    os              = { family = "debian", name = "debian", version = "13" }
    kernel          = "6.12.0"
    package_manager = "apt"
    labels          = { role = "web" }
    updates         = [{ name = "nginx", version = "1.26.1", severity = "critical", classification = "security", first_seen = "2026-12-01" }]
  }
  expect {
    host     = "web-01"
    update   = "nginx"
    decision = "approved"
  }`),
		Arguments: []language.Argument{
			language.Arg("os", language.Object(
				language.Arg("family", language.Text(), "For example debian, redhat, suse, arch, alpine, windows.").Like("debian"),
				language.Arg("name", language.Text(), "The distribution.").Like("debian"),
				language.Arg("version", language.Text(), "Its version.").Like("13"),
			), "The operating system.").Like(map[string]any{"family": "debian"}),
			language.Arg("kernel", language.Text(), "The running kernel.").Like("6.12.0"),
			language.Arg("package_manager", language.Text(), "The package manager.").Like("apt"),
			language.Arg("reboot_required", language.Flag(), "Whether it needs a reboot already.").Or(false),
			language.Arg("virtual", language.Text(), "What it runs on, if it is a virtual machine.").Like("kvm"),
			language.Arg("labels", language.Map(label()), "Labels that replace its own of the same name.").Like(map[string]any{"role": "web"}),
			language.Arg("updates", language.ListOrNone(testUpdateType()), "What is pending.").Like([]any{map[string]any{"name": "nginx", "version": "1.26.1"}}),
		},
	})
}

func testUpdateType() language.Type {
	texts := func() language.Type { return language.ListOrNone(language.Text()) }
	return language.Object(
		part(language.Arg("name", language.Text(), "The package.").Like("nginx")),
		language.Arg("version", language.Text(), "The new version.").Like("1.26.1"),
		language.Arg("to", language.Text(), "Another word for version.").Like("1.26.1"),
		language.Arg("from", language.Text(), "The version that is installed.").Like("1.26.0"),
		language.Arg("arch", language.Text(), "The architecture.").Like("amd64"),
		language.Arg("source", language.Text(), "The source package.").Like("nginx"),
		language.Arg("classification", language.Word(wordsOf(inventory.Classifications())), "What sort of update it is.").Or(string(inventory.OtherClass)),
		language.Arg("severity", language.Word(wordsOf(inventory.Severities())), "How bad it is not to have it.").Or(string(inventory.UnknownSeverity)),
		language.Arg("advisories", texts(), "Advisories.").Like([]string{"DSA-5000-1"}),
		language.Arg("cves", texts(), "Vulnerabilities.").Like([]string{"CVE-2026-12345"}),
		language.Arg("kbs", texts(), "Articles of Microsoft.").Like([]string{"KB5034441"}),
		language.Arg("size", language.Either(language.Number(0, 1<<53), language.Size()), "Bytes to download, or a size with its unit.").Like("2MiB"),
		language.Arg("reboot", language.Flag(), "Whether it needs a reboot.").Or(false),
		language.Arg("held", language.Flag(), "Whether the host itself keeps it back.").Or(false),
		language.Arg("published", language.Day(), "When it came out.").Like("2026-12-01"),
		language.Arg("first_seen", language.Day(), "When a scan first saw it.").Like("2026-12-01"),
		language.Arg("known_exploited", language.Flag(), "Whether it mends something of CISA's catalogue.").Or(false),
	).With(language.ExactlyOne("version", "to"))
}

// testUpdateParts are the names of the parts of an update.
func testUpdateParts() []string {
	var out []string
	for _, p := range testUpdateType().Parts {
		out = append(out, p.Name)
	}
	return out
}

func describeExpect() *language.Block {
	return describe(expectShape(), language.Block{
		Name: "expect", Many: true,
		Doc: "A decision that must come out; there is at least one in a test.",
		Example: testWith("a small mend is nobody's business", `  host "web-01" {
    updates = [{ name = "nginx", version = "1.26.1", severity = "low", first_seen = "2026-12-20" }]
  }
  expect {
    host     = "web-01"
    update   = "nginx"
    policy   = "web-prod"
    decision = "not-matched"
  }`),
		Arguments: []language.Argument{
			language.Arg("host", language.Text(), "A host of the test.").Like("web-01"),
			language.Arg("update", language.Text(), "The name of one of its updates.").Like("nginx"),
			language.Arg("version", language.Text(), "Which of several of that name.").Like("1.26.1"),
			language.Arg("policy", language.Text(), "The policy that decides, where a host has several.").Like("web-prod"),
			language.Arg("decision", language.Word(verdicts()), "What must be decided."),
			language.Arg("rule", language.Text(), "The rule that must have decided.").Like("kernel-freeze"),
			language.Arg("until", language.Day(), "When the decision changes; a day means any time of it.").Like("2027-01-08"),
		},
	})
}
