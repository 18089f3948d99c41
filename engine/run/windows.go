package run

import (
	_ "embed" // the scripts

	"patchwave/connectors"
	"patchwave/connectors/powershell"
	"patchwave/connectors/script"
)

//go:embed windows.ps1
var windowsPowerShell string

//go:embed shutdown.ps1
var shutdownPowerShell string

//go:embed reboot.ps1
var rebootPowerShell string

//go:embed ready.ps1
var readyPowerShell string

//go:embed require.ps1
var requirePowerShell string

//go:embed action.ps1
var actionPowerShell string

//go:embed sleep.ps1
var sleepPowerShell string

// rebootScript asks for a reboot, as a job.
func rebootScript() script.Script {
	return script.Script{Name: "reboot", Version: 1, Sh: rebootShell, PowerShell: powershell.Program() + windowsPowerShell + shutdownPowerShell + rebootPowerShell}
}

// readyScript says whether Windows is done with a reboot.
func readyScript() script.Script {
	return script.Script{Name: "ready", Version: 1, PowerShell: powershell.Common() + windowsPowerShell + readyPowerShell}
}

// requireScript says what is true of a host before it is touched.
func requireScript() script.Script {
	return script.Script{Name: "require", Version: 1, Sh: requireShell, PowerShell: powershell.Common() + windowsPowerShell + requirePowerShell}
}

// actionScript runs a command or a script, as a job.
func actionScript() script.Script {
	return script.Script{Name: "action", Version: 1, Sh: actionShell, PowerShell: powershell.Common() + powershell.Program() + actionPowerShell}
}

// sleepScript puts a machine back to sleep, or off.
func sleepScript() script.Script {
	return script.Script{Name: "sleep", Version: 1, Sh: sleepShell,
		PowerShell: powershell.Common() + powershell.Program() + windowsPowerShell + shutdownPowerShell + sleepPowerShell}
}

// windows reports whether the host speaks PowerShell. A host that is away is known
// by its kind of connection.
func (m *machine) windows() bool {
	if m.session != nil {
		return m.session.Dialect() == connectors.DialectPowerShell
	}
	return m.host.Target.Kind == connectors.KindWinRM
}
