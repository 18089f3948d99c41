package config

import (
	"net/http"

	"patchwave/engine/config/language"
	"patchwave/policies"
)

func describeVerification() *language.Block {
	return describe(verificationShape(), language.Block{
		Name: "verification", Group: policiesGroup,
		Doc: "What must be true of a host after the updates.",
		Example: `verification "web" {
  unchanged = ["services", "listeners", "failed_units"]
  service "nginx" {
    state = "running"
  }
  tcp "https" {
    port   = 443
    within = "2m"
  }
  on_failure = "rollback"
}`,
		Arguments: []language.Argument{
			language.Arg("on_failure", language.Word(probeFailures()), "What happens on a host that fails: back to the restore point, nothing more, or on as if it had not. `rollback` needs a restore point.").Or(string(policies.FailStop)),
			language.Arg("unchanged", language.List(language.Word(policies.HealthParts())), "What must be as it was before the first change, after the actions of the preparation: nothing that ran, listened, was mounted or could be reached is gone, and nothing failed or broke anew. What is new is no difference, and neither is what comes and goes by itself, nor a newer kernel of the plan. The host is given two minutes to settle. One that cannot tell is not changed.").Like([]string{"services", "listeners"}),
		},
		Rules:  []language.Rule{language.AtLeastOne(append([]string{"unchanged"}, probeKinds...)...)},
		Blocks: describeProbes(),
	})
}

// describeProbes are the blocks that ask a question.
func describeProbes() []*language.Block {
	return []*language.Block{
		describeProbe(policies.ProbeService, "Asks whether a service runs. The label is its name.", `verification "web" {
  service "nginx" {
    state = "running"
  }
}`, language.Arg("state", language.Word(serviceStates()), "What it must be.").Or(serviceStates()[0])),
		describeProbe(policies.ProbeTCP, "Asks whether a port accepts connections.", `verification "web" {
  tcp "https" {
    port   = 443
    within = "2m"
  }
}`, language.Arg("port", language.Number(1, 65535), "The port.").Like(443)),
		describeProbe(policies.ProbeHTTP, "Asks for a page. Certificates are verified, no proxy is used, and no redirect is followed; of a page the first MiB is looked at. On the host, `curl` or `wget` asks.", `verification "web" {
  http "front" {
    url    = "https://${host.address}/healthz"
    status = [200]
    body   = "ok"
  }
}`,
			language.Arg("url", language.Text(), "The whole address; attributes of the host may stand in it.").Like("https://${host.address}/healthz"),
			language.Arg("status", language.List(language.Number(100, 599)), "The good answers.").Or([]any{http.StatusOK}),
			language.Arg("body", language.Text(), "What must be in the page.").Like("ok")),
		describeProbe(policies.ProbeCommand, "Asks a program: status 0 is good. One try takes a minute at most. A list is started without a shell, and on the controller beside the configuration with little of the environment.", `verification "web" {
  command "selftest" {
    run = "/usr/local/bin/selftest"
  }
}`,
			language.Arg("run", language.Either(language.Text(), commandLine()), "A script for `sh`, or a program and its arguments.").Like("/usr/local/bin/selftest"),
			language.Arg("become", language.Flag(), "Run it with privilege; on the host only.").Or(true)),
	}
}

func describeProbe(kind policies.ProbeKind, doc, example string, args ...language.Argument) *language.Block {
	args = append(args, language.Arg("within", language.Duration(), "How long it is repeated until it is true.").Or(defaultWithin))
	on := policies.OnHost
	if kind == policies.ProbeTCP || kind == policies.ProbeHTTP {
		on = policies.OnController
	}
	if kind != policies.ProbeService {
		args = append(args, language.Arg("on", language.Word(runPlaces()), "From where it is asked.").Or(on))
	}
	return describe(probeShape(kind), language.Block{Name: string(kind), Doc: doc, Example: example, Arguments: args})
}
