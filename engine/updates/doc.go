// Package updates is the vocabulary of the package managers: what a manager is
// asked and what it answers. The managers live below, one folder each; each is
// a few shell functions (real files, embedded) and pure parsers of what they
// print. Nothing here opens a connection. The contract that every manager keeps, as
// a test suite, is updatestest.
//
// # The shell of a manager
//
// A manager contributes shell that runs after the prelude of connectors/posix
// (pw_run, pw_put, pw_has …), as root where the inventory says become.
// Functions print frames named "<manager>.<what>"; the manager's parsers read
// them. Every child is run with pw_run or with </dev/null. All functions and
// variables of a manager begin with its name.
//
//	Shell.Scan defines (NAME is Manager.Name):
//	  NAME_index_age   prints the age of the package index in seconds, or nothing
//	  NAME_refresh     refreshes the index in frame NAME.refresh; waits up to
//	                   $pw_arg_lock_wait seconds for locks
//	  NAME_scan        prints the frames of the listing, reading only; must work
//	                   on an index that was not refreshed. If $pw_arg_names is
//	                   set (one package name a line) it also prints frame
//	                   NAME.installed: NAME<TAB>ARCH<TAB>VERSION<TAB>STATE a line,
//	                   STATE "ok" or the manager's word for half-installed
//	  The scan script of engine/scan detects the manager, decides about the
//	  refresh and calls them. In PowerShell powershell.Boot, Files and Task
//	  stand before this part, Files before the others.
//
//	Shell.Simulate defines:
//	  NAME_simulate    asks the host's own solver what installing exactly
//	                   $pw_arg_want would do, changing nothing and waiting for no
//	                   lock. want is NAME<TAB>ARCH<TAB>VERSION a line.
//	                   $pw_arg_mode "set": all at once, frame NAME.sim.
//	                   "each": each alone, frames NAME.sim.1, NAME.sim.2 … in
//	                   the order of the lines.
//	                   In mode "set" also frame NAME.undo: for every package
//	                   that would be replaced or removed,
//	                   NAME<TAB>ARCH<TAB>OLDVERSION<TAB>yes|packed|no — whether that
//	                   old version is on the host's cache or still fetchable, or
//	                   can be packed again from what is installed.
//
//	Shell.Job defines (run in a detached job, see engine/job):
//	  NAME_install     makes the changes of $pw_arg_changes
//	                   (ACTION<TAB>NAME<TAB>ARCH<TAB>FROM<TAB>TO a line, "-" for no version) and nothing
//	                   else, in frame NAME.install; returns the manager's status.
//	                   Non-interactive, conffiles kept, auto/manual marks and
//	                   holds unchanged, waits up to $pw_arg_lock_wait for locks
//	  NAME_keep        stores in $pw_arg_dir what is needed to go back from the
//	                   changes (old packages); the directory is there, and
//	                   root's alone; frame NAME.keep:
//	                   NAME<TAB>ARCH<TAB>VERSION<TAB>kept|missing a line
//	  NAME_rollback    undoes the changes with what is in $pw_arg_dir and what
//	                   can be fetched, frame NAME.rollback
//	  NAME_stage       downloads what $pw_arg_changes install, exactly those
//	                   versions, and changes nothing else, in frame NAME.stage;
//	                   returns the manager's status. It runs what takes long by
//	                   stage_bounded (stage.sh), which may end it at any moment.
//	                   NAME_install finds there what it would download, and
//	                   does without where it is gone
//	  NAME_cache       prints the directory into which NAME_stage downloads
//	  NAME_staged      prints for each of those versions
//	                   NAME<TAB>ARCH<TAB>VERSION<TAB>staged|missing;
//	                   what is installed already is staged too
//	  NAME_manifest    prints what the host's packages are, a line each:
//	                 pkg<TAB>NAME<TAB>ARCH<TAB>VERSION<TAB>STATE for all packages,
//	                 auto<TAB>NAME, held<TAB>WORDS (see point.sh)
//	  NAME_listed      prints the paths of the files of those packages among
//	                 $pw_arg_changes that are installed
//	  NAME_sizes       prints what those take on the disk, KiB a line
//	  NAME_lockfile    prints how its file of locks is divided (line, block, paragraph;
//	                 see point_relock), a tab and the file; nothing if it has none
//	  NAME_remark      sets again the marks that $point_lost names (point_lost_marks)
//	  NAME_repair      finishes an interrupted state (dpkg --configure -a, …),
//	                   frame NAME.repair; only on an operator's explicit demand
//
// A manager whose Shell has the dialect PowerShell contributes functions of the
// same names, which read the same arguments (Get-PwArg, see connectors/powershell)
// and print frames of the same names; its job functions set $PwStatus where those
// of sh return a status. NAME_refresh is always called, gets whether the index is to
// be refreshed, and returns whether there is anything to list: if not, it has said
// why. NAME_facts is called before it, and prints what needs no index. NAME_stage gets
// a block that says whether the next download may begin (stage.ps1): nothing ends one
// that has begun. NAME_staged is called after it.
package updates
