// Package winupdate is Windows Update as a manager of updates, with Chocolatey and
// winget beside it where a host has them. Its scripts are Windows PowerShell 5.1
// (connectors/powershell); its parsers are pure.
//
// # Who asks Windows Update
//
// A session over WinRM must not: its token is a network one, and the agent refuses
// what it refuses to anybody from afar, on newer systems even a search. So all of it
// is done by SYSTEM, in scheduled tasks: a search by the task \patchwave\scan, an
// installation by the job that it is part of anyway. Facts, reasons for a reboot and
// the agent's policies are read from the registry, in the session.
//
// The scan script writes worker.ps1 (it carries the text, and compares the SHA-256
// of what it wrote) and request.json to %ProgramData%\patchwave\scan, which belongs
// to SYSTEM and Administrators alone, starts or joins the task, and waits at most
// `wait` seconds. The worker holds the lock Global\patchwave-scan, renews
// heartbeat.json, and leaves result.json by a rename. A task that runs no more and
// left no result has crashed; Windows itself ends one after 50 minutes (a search
// blocks the worker: no heartbeat can tell that it hangs). A search that goes on is
// joined by the next scan, of whatever controller. One that failed keeps the list of
// the one before it, and says so: the listing is stale then.
//
// # Arguments of scan
//
//	refresh, max_age, names, managers   as of scan.sh
//	wait         seconds that the script may wait for the task
//	source       default, wsus, microsoft or offline; "" is default
//	cab          for offline: the file name of the catalogue, which must lie in
//	             %ProgramData%\patchwave\offline on the host
//	accept_eula  "true" or "": an installation is what accepts the terms of an update;
//	             a search accepts those of winget's source, should it have any
//	since        unix seconds: a result of a search that began then or later is the
//	             answer, whatever it says. It comes from frame scan.running
//
// refresh never asks the agent's own cache (no network) where something was changed
// since the last result or names are asked for; else the last result is the answer.
//
// # Frames of scan
//
// facts, os-release, df and index are as scan.sh prints them. facts also has
// language_mode, product_type (1 client, 2 domain controller, 3 server) and build;
// df has the mount points "C:\" …. index has age= of the last search that was not in
// the cache. The script "facts" prints facts, os-release and df alone, and in facts
// reboot_flag= with the plainest reasons for a reboot.
//
//	scan.running         the search goes on. KEY=VALUE: started= (unix seconds, for
//	                     `since`), phase= (starting, search, read, winget, choco), elapsed=
//	                     (seconds), heartbeat= (its age in seconds). None of the
//	                     frames index and winupdate.list is printed then.
//	winupdate.reboot     STRENGTH<TAB>REASON a line. strong: cbs:RebootPending,
//	                     cbs:RebootInProgress, cbs:PackagesPending,
//	                     wu:RebootRequired; medium: server-manager, dvd, update-exe,
//	                     rename, domain-join, sccm; weak, which is told and requires
//	                     nothing: cbs:Busy, wu:ServicesPending,
//	                     wu:PostRebootReporting, file-rename
//	winupdate.policy     KEY=VALUE, what is set: wu_server, wu_status_server,
//	                     use_wu_server, no_auto_update, au_options,
//	                     disable_access, no_internet, service (the start type of
//	                     wuauserv: 2, 3, 4); accept_eula, as it was asked
//	winupdate.list       one line of JSON, see below
//	winupdate.installed  for each of `names`: NAME<TAB><TAB>UPDATEID.REVISION<TAB>
//	                     ok|pending-reboot|failed; for a package of Chocolatey
//	                     NAME<TAB><TAB>VERSION<TAB>ok. failed is what the history
//	                     says of the last attempt: it is not installed. What is ok and
//	                     offered by the same search again is not believed. What may be
//	                     a package of winget is NAME<TAB><TAB>winget<TAB>ask: its
//	                     version is read from winget.list
//	error                one line of JSON {"message","hresult","phase"}, status 1: the
//	                     task could not be started, crashed or hung. Without it and
//	                     without winupdate.list there is no answer.
//
// winupdate.list, version 1 (numbers may be strings, lists of one may be the one
// thing, null and absent are the same; that is how PowerShell writes JSON):
//
//	{"v":1, "source":"default", "online":true, "started":1764378000, "finished":1764378090,
//	 "searched":1764378090,             end of the last search that was not in the cache
//	 "code":2,                          OperationResultCode: 2, or 3 with warnings
//	 "warnings":[{"hresult":"0x80240438","message":"…"}],
//	 "error":{"phase":"search","hresult":"0x8024401C","message":"…"},      or null
//	 "hollow":0,                        how many updates had no content
//	 "reboot_required":false,           ISystemInformation.RebootRequired, or null
//	 "boot_id":"00000000-0000-0000-01dc-5f1e8c0a1b2c", "language_mode":"FullLanguage",
//	 "cut":0,                           how many were left out, beyond 1000
//	 "updates":[{"id":"GUID","rev":200,"title":"…","kb":["5044281"],"cve":["CVE-…"],
//	   "severity":"Critical","cats":[{"id":"GUID","type":"UpdateClassification"}],
//	   "size":"734003200","published":"2026-11-10T18:00:00Z","type":1,
//	   "downloaded":false,"hidden":false,"optional":false,"beta":false,
//	   "uninstallable":true,"eula":true,"reboot":2,"impact":0,"input":false,
//	   "supersedes":["GUID"],"awaiting_reboot":false}],
//	 "choco":[{"name":"git","from":"2.45.0","to":"2.47.1","pinned":false}],
//	 "choco_error":"",
//	 "winget":{"list":"…","list_code":"0x00000000",         null: there is no winget
//	   "upgrades":"…","upgrades_code":"0x8A15002B","error":""}}
//
// # What becomes of an update
//
// The name is KB5044281 where there is exactly one KB, else the title without what
// is no word; the version is UPDATEID.REVISION, which is all that an installation
// needs. Two of one name get "-" and the first eight digits of their UpdateID.
// Classification is by the GUIDs of the categories, never by their localized names.
// RebootBehavior 1 (always) and 2 (can request) are a reboot.
//
// Left out, with a note where an operator may miss it: hidden updates, betas, what
// another update of the listing supersedes (unless that one is itself left out or
// blocked), and optional ones (BrowseOnly: previews and optional drivers), which
// Windows itself does not install either. Blocked, with a note: held is what has
// terms that nobody accepted; accept_eula in a policy's windows_update accepts them.
// broken is what may ask a user something: nobody is there to answer.
// Definitions of Defender are updates of classification definition as any other;
// what the host offers again and again is stopped by the guard against update loops
// of engine/plan.
//
// # winget
//
// All is done by SYSTEM, which has no alias for it: the newest winget.exe below
// %ProgramFiles%\WindowsApps is called by its path. It sees the source winget and what
// is installed for the whole machine, nothing else. Each search asks it twice: what is
// installed (list), and what can be upgraded (list --upgrade-available); it may fetch
// its source for that, whatever refresh says. What it prints goes to the controller as
// it is, bounded, and is read there (parseWinget): tables with headers in the host's
// language, which are cut at the columns in which the words of the header begin. A row
// whose Id or version was cut is refused and told: winget cuts at 120 cells, or when
// what is in a row after the first fifty is longer than all before. An update is
// offered if both tables agree; what has a newer version in the first and is not in
// the second is pinned: it is blocked as locked. An Id that is there twice is refused.
// Neither reboots nor severities are known. Where Chocolatey has a package of the very
// name, that one is meant.
//
// Its upgrades are no part of a rollback: winget knows no way back, a plan says so
// beforehand. Terms of a package are accepted with accept_eula only; nobody can tell
// before an installation which packages have any: without it those fail. The same goes
// for terms of the source: the source winget has none (msstore has, and is not asked);
// should it ever, a listing without accept_eula says so, and has no packages of winget.
//
// # simulate
//
// There is no solver. The script reads the last result.json, in the session, and
// says whether the very revision is still offered. Frames winupdate.sim (mode set)
// and winupdate.sim.N (mode each), status 0 with, or 1 without a solution:
//
//	CHANGE<TAB>ACTION<TAB>NAME<TAB>ARCH<TAB>FROM<TAB>TO     "-" is no version
//	DOWNLOAD<TAB>BYTES
//	PROBLEM<TAB>CODE<TAB>WORDS                              CODE exit or interrupted
//	WINGET<TAB>NAME<TAB>ARCH<TAB>VERSION                    see below
//
// WINGET is what only winget's own table can answer: the frame winupdate.winget is
// before the others then, the object winget of winupdate.list. The parser makes an
// upgrade, or a refusal, of it.
//
// An update of Windows is an install (no FROM), a package of Chocolatey an upgrade.
// In mode set also winupdate.undo: NAME<TAB>ARCH<TAB>VERSION<TAB>yes|no, where the
// version is what is installed anew (TO) for an update of Windows, by
// IsUninstallable, and the old one (FROM) for Chocolatey.
//
// An exclusive update (Impact 2) is no problem of a plan: everything is installed
// one at a time anyway, and exclusive ones first.
//
// # install, keep, rollback
//
// They run in jobs, as SYSTEM. Arguments: changes, dir, lock_wait as of every
// manager; install also has source, cab and accept_eula, as scan. What happens is
// told outside of frames, a line each: "[2/5] KB5044281 downloading". Then one frame,
// winupdate.install or winupdate.rollback, with the status of the script:
//
//	RESULT<TAB>NAME<TAB>VERSION<TAB>STATE<TAB>CODE<TAB>HRESULT<TAB>REBOOT<TAB>WORDS
//	REBOOT<TAB>0|1                       whether the host is to reboot now
//	WINGET<TAB>NAME<TAB>VERSION          winget says that it is done, without a reboot
//	PROBLEM<TAB>CODE<TAB>HRESULT<TAB>WORDS      nothing (more) could be done
//
// STATE is installed, removed, already, failed, skipped or not-offered; CODE an
// OperationResultCode, REBOOT 0 or 1, HRESULT 0x and eight digits, 0x00000000 where
// there is none, or the exit status of winget. Where there is a line WINGET, the frame
// winupdate.winget before it has what is installed now (list): what is not there in
// this version has failed, whatever winget said. CODE of PROBLEM is locked, interrupted, disk, exit, unsupported or
// sudo.
//
//	winupdate.keep    NAME<TAB>ARCH<TAB>VERSION<TAB>kept|missing: the version as in
//	                  winupdate.undo. The list of the packages of the image goes to
//	                  packages.json in dir, where a rollback finds what came since
//
// A rollback removes packages of the image by DISM: the one that bears the KB, or
// for a cumulative update the Package_for_RollupFix of the build in its title, or the
// one that came since if it can be of no other change. A servicing stack stays for
// ever. What DISM takes back is gone after a reboot.
//
// # stage
//
// Runs in a job, as SYSTEM; arguments as of install, and those of
// updates.StageScript. It picks the very revisions, accepts terms where accept_eula
// says so, and downloads one after the other; a download that has begun is not ended
// by anything, so that a host may give way late by one update. winupdate.stage has a
// line "error: NAME: WORDS HRESULT" for what is not there. What is there is what the
// agent says (IsDownloaded). Packages of Chocolatey are not downloaded ahead.
package winupdate
