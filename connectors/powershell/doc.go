// Package powershell writes calls of patchwave's scripts as Windows PowerShell
// 5.1 programs. It is pure.
//
// # A program
//
//	# patchwave NAME vN                     name and version, in the first line
//	$PwNonce = '16 random bytes in hex'
//	$PwArgs64 = 'eyJtYXgiOiIxIn0='          the arguments: one JSON object of strings, in base64
//	try {
//	…prelude.ps1 and the body…
//	} catch {
//	…the error, as frame "error", and status 1…
//	}
//	…the DONE mark; exit $PwStatus…
//
// A program is ASCII, so that no code page can change it, and has line feeds only.
// Arguments are data: they are decoded by the prelude and never part of the code.
// The whole program is parsed before anything of it runs. How it gets to the host
// and is started is connectors/winrm's concern.
//
// The frames that it prints are those of connectors/framing, in UTF-8 without a
// byte order mark. A body that ends with an error has no DONE mark: the answer is
// not whole. What it had printed before, and the frame "error", can be read all
// the same.
//
// # Rules for scripts
//
// Windows PowerShell 5.1 only. ASCII only, no line longer than 200 bytes, no file
// longer than 400 lines; the first line is "# NAME: what it does", with the name of the
// script or of its directory. No
// Invoke-Expression, no script block made of text, no Add-Type, no compressed or
// encoded code, no hidden window: they are what defenders look for, and none is
// needed. No secret, ever: script block logging keeps all of it. No alias, no path
// that is a pattern, no file in the machine's own encoding.
//
// What is outside the language (COM, the registry, CIM, services, tasks, access
// lists, native programs, the clock) is behind functions of at most 40 lines, so that
// a test can put its own in their place. Functions are Verb-PwNoun, or begin (after
// their verb) with the name of a script of the same directory or of the directory; so
// do variables that the whole program sees. A body does not exit and does not return: the DONE mark
// stands at its end.
//
// The tests of this package hold every .ps1 of the tree to these rules (gate_*_test.go
// has all of them); powershelltest holds what is put together of them to what it calls. The
// stage powershell of CI parses each script and each whole program, holds commands and
// parameters against those that Windows PowerShell has, and runs every NAME.tests.ps1 where
// there is a PowerShell; where there is none it says of each that it was not run.
package powershell
