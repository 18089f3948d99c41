package zfs

import (
	_ "embed" // the script

	"patchwave/engine/restore"
)

//go:embed zfs.sh
var pointShell string

//go:embed swap.sh
var swapShell string

// Provider is the provider zfs, for Linux hosts whose root is a dataset of its own.
func Provider() restore.Scripted {
	return restore.Scripted{Word: restore.ZFS, Kind: restore.ZFS, Where: restore.OnHost, Sh: pointShell + swapShell}
}
