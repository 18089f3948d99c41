package updates

import "patchwave/connectors/posix"

// SimulateScript asks the solver of m; arguments: mode, want (see WantLines).
func SimulateScript(m Manager) posix.Script {
	return posix.Script{Name: "simulate", Version: 1, Body: m.Shell().Simulate + "\n" + m.Name() + "_simulate\n"}
}

// InstallScript makes changes; arguments: changes (see ChangeLines), lock_wait.
// Its exit status is the manager's.
func InstallScript(m Manager) posix.Script { return jobScript(m, "install") }

// KeepScript stores old packages; arguments: changes, dir. It makes dir, which
// stands below a directory of root's that the job has checked.
func KeepScript(m Manager) posix.Script {
	s := jobScript(m, "keep")
	s.Body = "(umask 077 && mkdir -p \"$pw_arg_dir\")\n" + s.Body
	return s
}

// RollbackScript undoes changes; arguments: changes, dir, lock_wait.
func RollbackScript(m Manager) posix.Script { return jobScript(m, "rollback") }

func jobScript(m Manager, what string) posix.Script {
	return posix.Script{Name: what, Version: 1,
		Body: "pw_status=0\n" + m.Shell().Job + "\n" + m.Name() + "_" + what + " || pw_status=$?\n"}
}
