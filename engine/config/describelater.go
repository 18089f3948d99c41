package config

import "strings"

// later says what this version reads and checks, and does not carry out: blocks
// and arguments by their path. What policies.Unsupported refuses is held against
// it by a test, so that a line goes when the thing comes.
func later() map[string]string {
	return map[string]string{
		"connection.type":           "`winrm`; such hosts are not reached",
		"site":                      "the limits of a site are not kept",
		"availability":              "the bound is not kept",
		"preparation.wake":          "hosts are not woken",
		"preparation.require":       "nothing is asked for",
		"preparation.run":           "actions are not started",
		"preparation.restore_point": "every provider but " + codeList(availableProviders),
		"verification.unchanged":    "health is not compared",
		"verification.http":         "the request is not made",
		"verification.command":      "on the controller, and with separate arguments",
		"policy.reboot.when":        "`defer`",
		"policy.rollout.split":      "updates are not divided into steps",
		"policy.stage":              "nothing is downloaded ahead",
		"policy.notice":             "nothing is sent ahead",
		"policy.notify":             "nothing is sent",
		"policy.windows_update":     "Windows hosts are not patched",
		"notify":                    "nothing is sent",
		"waiver":                    "there is no compliance report that it could change",
		"standard":                  "there is no compliance report that it could judge",
		"provider":                  "no provider outside of the hosts is used",
		"host.mac":                  "hosts are not woken",
		"host.hypervisor":           "no hypervisor is spoken to",
		"connection.kerberos":       "`winrm` hosts are not reached",
	}
}

func join(path []string) string { return strings.Join(path, ".") }

func codeList(words []string) string { return "`" + strings.Join(words, "`, `") + "`" }
