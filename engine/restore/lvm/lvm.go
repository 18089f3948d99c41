package lvm

import (
	_ "embed" // the script

	"patchwave/engine/restore"
)

//go:embed lvm.sh
var pointShell string

//go:embed down.sh
var downShell string

//go:embed merge.sh
var mergeShell string

// Provider is the provider lvm, for Linux hosts whose root is on a logical volume.
func Provider() restore.Scripted {
	return restore.Scripted{Word: restore.LVM, Kind: restore.LVM, Where: restore.OnHost, Sh: pointShell + downShell + mergeShell}
}
