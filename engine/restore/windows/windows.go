package windows

import (
	_ "embed" // the scripts

	"patchwave/connectors"
	"patchwave/connectors/powershell"
	"patchwave/engine/restore"
)

//go:embed common.ps1
var commonShell string

//go:embed system_restore.ps1
var systemRestoreShell string

//go:embed vss.ps1
var vssShell string

// SystemRestore is the provider system_restore, for Windows clients.
func SystemRestore() restore.Scripted {
	return restore.Scripted{Word: restore.SystemRestore, Kind: restore.SystemRestore, Where: restore.OnHost,
		PowerShell: powershell.Boot() + powershell.Files() + restore.PowerShell() + commonShell + systemRestoreShell, Codes: restoreCode}
}

// VSS is the provider vss, for Windows servers.
func VSS() restore.Scripted {
	return restore.Scripted{Word: restore.VSS, Kind: restore.VSS, Where: restore.OnHost,
		PowerShell: powershell.Boot() + powershell.Files() + restore.PowerShell() + commonShell + vssShell, Codes: shadowCode}
}

// shadowCode reads the return value of Win32_ShadowCopy.Create (Microsoft, "Create
// method of the Win32_ShadowCopy class").
func shadowCode(native string) (code, why string) {
	type word struct {
		code connectors.Code
		why  string
	}
	w, ok := map[string]word{
		"1":  {connectors.CodeSudo, "access to the shadow copies was denied"},
		"2":  {connectors.CodeExit, "Windows did not accept an argument"},
		"3":  {connectors.CodeUnsupported, "the volume was not found"},
		"4":  {connectors.CodeUnsupported, "the volume does not support shadow copies"},
		"5":  {connectors.CodeUnsupported, "this Windows does not support shadow copies that last"},
		"6":  {connectors.CodeDisk, "there is not enough shadow storage"},
		"7":  {connectors.CodeLocked, "the volume is in use"},
		"8":  {connectors.CodeDisk, "the volume has its maximum of shadow copies"},
		"9":  {connectors.CodeLocked, "another shadow copy is being made"},
		"10": {connectors.CodeExit, "a shadow copy provider has vetoed it"},
		"11": {connectors.CodeUnsupported, "the shadow copy provider is not registered"},
		"12": {connectors.CodeExit, "the shadow copy provider failed"},
		"13": {connectors.CodeExit, "Windows does not know why it failed"},
	}[native]
	if !ok {
		return string(connectors.CodeExit), "Windows could not make the shadow copy (code " + digits(native) + ")"
	}
	return string(w.code), w.why + " (code " + native + ")"
}

// restoreCode reads the return value of SystemRestore.CreateRestorePoint: a Win32
// error, or an HRESULT as a positive number.
func restoreCode(native string) (code, why string) {
	switch native {
	case "5", "2147942405":
		return string(connectors.CodeSudo), "access to System Restore was denied (code " + native + ")"
	case "112", "2147942512":
		return string(connectors.CodeDisk), "there is not enough space for a restore point (code " + native + ")"
	case "1058", "2147943458":
		return string(connectors.CodeUnsupported), "System Restore is disabled (code " + native + ")"
	default:
		return string(connectors.CodeExit), "Windows could not make the restore point (code " + digits(native) + ")"
	}
}

// digits is a number as it was said, or "?" if it was none.
func digits(s string) string {
	if s == "" || len(s) > 20 {
		return "?"
	}
	for i, r := range s {
		if (r < '0' || r > '9') && (i > 0 || r != '-') {
			return "?"
		}
	}
	return s
}
