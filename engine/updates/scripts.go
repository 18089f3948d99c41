package updates

import "patchwave/connectors/posix"

// SimulateScript asks the solver of m; arguments: mode, want (see WantLines).
func SimulateScript(m Manager) posix.Script {
	return posix.Script{Name: "simulate", Version: 1, Body: m.Shell().Simulate + "\n" + m.Name() + "_simulate\n"}
}

// InstallScript makes changes; arguments: changes (see ChangeLines), lock_wait.
// Its exit status is the manager's.
func InstallScript(m Manager) posix.Script { return jobScript(m, "install") }

// KeepScript stores old packages; arguments: changes, dir.
func KeepScript(m Manager) posix.Script { return jobScript(m, "keep") }

// RollbackScript undoes changes; arguments: changes, dir, lock_wait.
func RollbackScript(m Manager) posix.Script { return jobScript(m, "rollback") }

func jobScript(m Manager, what string) posix.Script {
	return posix.Script{Name: what, Version: 1,
		Body: "pw_status=0\n" + m.Shell().Job + "\n" + m.Name() + "_" + what + " || pw_status=$?\n"}
}
