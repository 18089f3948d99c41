package btrfs

import (
	_ "embed" // the script

	"patchwave/engine/restore"
)

//go:embed btrfs.sh
var pointShell string

//go:embed swap.sh
var swapShell string

// Provider is the provider btrfs, for Linux hosts whose root is a subvolume.
func Provider() restore.Scripted {
	return restore.Scripted{Word: restore.Btrfs, Kind: restore.Btrfs, Where: restore.OnHost, Sh: pointShell + swapShell}
}
