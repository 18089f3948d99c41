// Package windows is the restore points of Windows itself: System Restore on
// clients, shadow copies on servers. Both are the script restore-point of
// engine/restore in PowerShell; everything that is outside of the language is in
// functions named …-Pw…, so that a test can put its own in their place.
//
// A restore point of System Restore has our tag as its description. Windows makes at
// most one in 24 hours and skips others without an error
// (SystemRestorePointCreationFrequency): the value is set to 0 for the time of the
// call and put back afterwards, and the point is believed by its number, which must
// have grown, and by its description. It is removed by Windows alone: there is no way
// to remove one that needs no native call.
//
// A shadow copy has no name. Which are patchwave's stands in
// %ProgramData%\patchwave\points, a file a tag; what is not written there is never
// touched. Where one more would push out the oldest, which may be somebody else's,
// none is made.
//
// What only a real Windows can prove, and was not: that the CIM class SystemRestore
// takes static methods over CIM in a SYSTEM task, that Restore-Computer boots from
// there, and the values of GetLastRestoreStatus (Microsoft, "SystemRestore class": 0
// failed, 1 succeeded, 2 interrupted).
package windows
