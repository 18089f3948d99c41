package config

import (
	"patchwave/connectors"
	"patchwave/policies"
)

// The closed lists of the language that no other package has. The description of
// the language has them too, see describe.go.

func connectionTypes() []string {
	return wordsOf([]connectors.Kind{connectors.KindSSH, connectors.KindLocal, connectors.KindWinRM})
}

func hostKeyPolicies() []string {
	return wordsOf([]connectors.HostKeyPolicy{connectors.HostKeysStrict, connectors.HostKeysAcceptNew})
}

func becomeMethods() []string {
	return wordsOf([]connectors.BecomeMethod{connectors.BecomeSudo, connectors.BecomeDoas, connectors.BecomeSu, connectors.BecomeNone})
}

func winrmLogins() []string {
	return wordsOf([]connectors.WinRMAuth{connectors.WinRMBasic, connectors.WinRMNTLM, connectors.WinRMKerberos, connectors.WinRMCertificate})
}

func updateSources() []string {
	return wordsOf([]policies.UpdateSource{policies.SourceDefault, policies.SourceWSUS, policies.SourceMicrosoft, policies.SourceOffline})
}

func rebootTimes() []string {
	return wordsOf([]policies.RebootWhen{policies.RebootRequired, policies.RebootAlways, policies.RebootNever, policies.RebootDefer})
}

func wakeEnds() []string {
	return wordsOf([]policies.WakeThen{policies.WakeRestore, policies.WakeStay})
}

func probeFailures() []string {
	return wordsOf([]policies.OnFailure{policies.FailRollback, policies.FailStop, policies.FailContinue})
}

func actionFailures() []string {
	return wordsOf([]policies.OnFailure{policies.FailStop, policies.FailContinue})
}

func updateSelections() []string {
	return []string{"all", "no-reboot", "reboot"}
}

func serviceStates() []string {
	return []string{"running", "stopped"}
}

func runPlaces() []string {
	return []string{policies.OnHost, policies.OnController}
}

func splits() []string {
	return []string{policies.SplitReboot}
}
