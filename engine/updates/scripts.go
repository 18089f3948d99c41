package updates

import (
	_ "embed" // the shell

	"patchwave/connectors"
	"patchwave/connectors/powershell"
	"patchwave/connectors/script"
)

var (
	//go:embed stage.sh
	stageShell string
	//go:embed stage.ps1
	stagePowerShell string
	//go:embed point.sh
	pointShell string
)

// SimulateScript asks the solver of m; arguments: mode, want (see WantLines).
func SimulateScript(m Manager) script.Script {
	return named(m, "simulate", m.Shell().Simulate+"\n"+m.Name()+"_simulate\n")
}

// InstallScript makes changes; arguments: changes (see ChangeLines), lock_wait.
// Its exit status is the manager's.
func InstallScript(m Manager) script.Script { return jobScript(m, "install") }

// Ahead is the directory of a host into which a staging puts old packages, for the
// argument ahead of StageScript and KeepScript.
const Ahead = "/var/lib/patchwave-host/ahead"

// KeepScript stores old packages, and a manifest of what is there; arguments: changes,
// dir, ahead (where a staging has put old packages; may be left out). It makes dir, which
// stands below a directory of root's that the job has checked.
// Beside the frame of the manager it prints point.room (KiB needed and free; its status
// is not 0 if they do not fit, and then nothing was kept) and point.size ("KIB PATH").
func KeepScript(m Manager) script.Script {
	s := pointScript(m, "keep")
	if s.Sh != "" {
		s.Sh = "(umask 077 && mkdir -p \"$pw_arg_dir\")\n" + s.Sh
	}
	return s
}

// RollbackScript undoes changes; arguments: changes, dir, lock_wait. The frame
// point.running names packages of the kernel that runs, which are not removed.
func RollbackScript(m Manager) script.Script { return pointScript(m, "rollback") }

// ProveScript compares the host with the manifest that KeepScript stored, and changes
// nothing; arguments: changes, dir. The frame point.prove is "total", a tab and the
// number of differences, then a line for each, at most 400: "+" (is there now) or "-"
// (was there), a tab, and the line of the manifest (see point.sh). false: the manager
// has no manifests.
func ProveScript(m Manager) (script.Script, bool) {
	if m.Shell().Dialect == connectors.DialectPowerShell {
		return script.Script{}, false
	}
	return named(m, "prove", "pw_status=0\n"+pointShell+"\n"+m.Shell().Job+"\npw_run point.prove point_prove "+m.Name()+" || pw_status=$?\n"), true
}

// pointScript calls a function of the job's shell, with what all points have around it.
func pointScript(m Manager, what string) script.Script {
	if m.Shell().Dialect == connectors.DialectPowerShell {
		return jobScript(m, what)
	}
	return named(m, what, "pw_status=0\n"+pointShell+"\n"+m.Shell().Job+"\npoint_"+what+" "+m.Name()+" || pw_status=$?\n")
}

// StageScript downloads what changes install and installs nothing; arguments:
// changes, lock_wait, size (bytes to fetch, 0 if unknown), mounts (KIB, PATH with a
// tab between, a line each: what must stay free), limit (seconds), yield (the file
// that makes it give way), ahead (where old packages are put; "" or left out: they are
// not fetched; nothing of it on Windows). Beside the frame of the manager it prints
// stage.room (see stage.sh), stage.end ("yielded", "late" or nothing), stage.files, and
// of the old packages stage.oldroom (as stage.room) and stage.old (as NAME.keep).
func StageScript(m Manager) script.Script {
	if m.Shell().Dialect == connectors.DialectPowerShell {
		return named(m, "stage", stagePowerShell+"\n"+m.Shell().Job+"\nif (Test-StageRoom ("+m.Name()+"_cache)) {\n    "+m.Name()+"_stage { Test-StageGoOn }\n"+
			"    Write-PwText 'stage.end' $StageRun.word\n    Write-PwLines 'stage.files' @("+m.Name()+"_staged)\n} else {\n    $PwStatus = 1\n}\n")
	}
	return named(m, "stage", "pw_status=0\n"+pointShell+"\n"+stageShell+"\n"+m.Shell().Job+"\nstage_host "+m.Name()+" || pw_status=$?\n")
}

// jobScript calls a function of the job's shell; its status is the script's.
func jobScript(m Manager, what string) script.Script {
	call := m.Name() + "_" + what
	if m.Shell().Dialect == connectors.DialectPowerShell {
		return named(m, what, m.Shell().Job+"\n"+call+"\n")
	}
	return named(m, what, "pw_status=0\n"+m.Shell().Job+"\n"+call+" || pw_status=$?\n")
}

// named puts a body where the language of m has its place.
func named(m Manager, name, body string) script.Script {
	s := script.Script{Name: name, Version: 1}
	if m.Shell().Dialect == connectors.DialectPowerShell {
		s.PowerShell = powershell.Files() + body
	} else {
		s.Sh = body
	}
	return s
}
