package config

import (
	"patchwave/connectors"
	"patchwave/policies"
)

// The closed lists of the language that no other package has. The description of
// the language has them too, see describe.go.
var (
	connectionTypes  = wordsOf([]connectors.Kind{connectors.KindSSH, connectors.KindLocal, connectors.KindWinRM}) //nolint:gochecknoglobals // a table
	hostKeyPolicies  = wordsOf([]connectors.HostKeyPolicy{connectors.HostKeysStrict, connectors.HostKeysAcceptNew})
	becomeMethods    = wordsOf([]connectors.BecomeMethod{connectors.BecomeSudo, connectors.BecomeDoas, connectors.BecomeSu, connectors.BecomeNone})
	winrmLogins      = wordsOf([]connectors.WinRMAuth{connectors.WinRMBasic, connectors.WinRMNTLM, connectors.WinRMKerberos, connectors.WinRMCertificate})
	updateSources    = wordsOf([]policies.UpdateSource{policies.SourceDefault, policies.SourceWSUS, policies.SourceMicrosoft, policies.SourceOffline})
	rebootTimes      = wordsOf([]policies.RebootWhen{policies.RebootRequired, policies.RebootAlways, policies.RebootNever, policies.RebootDefer})
	wakeEnds         = wordsOf([]policies.WakeThen{policies.WakeRestore, policies.WakeStay})
	probeFailures    = wordsOf([]policies.OnFailure{policies.FailRollback, policies.FailStop, policies.FailContinue})
	actionFailures   = wordsOf([]policies.OnFailure{policies.FailStop, policies.FailContinue})
	updateSelections = []string{"all", "no-reboot", "reboot"}
	serviceStates    = []string{"running", "stopped"}
	places           = []string{policies.OnHost, policies.OnController}
	splits           = []string{policies.SplitReboot}
)
