// Package script sends scripts to machines and reads their framed answers. A
// script is known by its name and version, and has a body in POSIX sh, in
// PowerShell, or in both; the session says which language its machine speaks.
// Whoever runs a script sees arguments go in as data and frames come out, and
// need not know on what system.
//
//	Script + arguments ──posix|powershell.Encode──► program ──Session.Run──► two streams ──framing.Parse──► Answer
package script
