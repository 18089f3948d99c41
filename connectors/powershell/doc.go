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
// # Rules for bodies
//
// Windows PowerShell 5.1 only. ASCII only. No Invoke-Expression, no script block
// made of text, no Add-Type, no compressed or encoded code, no hidden window:
// they are what defenders look for, and none is needed. No secret, ever: script
// block logging keeps all of it. What is outside the language (COM, the registry,
// CIM, tasks, access lists, native programs) is behind small functions whose names
// begin with Pw or a verb and Pw, so that a test can put its own in their place.
// Names of variables and functions of a body begin with the body's own.
package powershell
