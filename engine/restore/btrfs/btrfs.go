package btrfs

import (
	_ "embed" // the script

	"patchwave/engine/restore"
)

var (
	//go:embed root.sh
	rootShell string
	//go:embed point.sh
	pointShell string
	//go:embed btrfs.sh
	btrfsShell string
	//go:embed swap.sh
	swapShell string
	//go:embed main.sh
	mainShell string
)

// Provider is the provider btrfs, for Linux hosts whose root is a subvolume.
func Provider() restore.Scripted {
	return restore.Scripted{Word: restore.Btrfs, Kind: restore.Btrfs, Where: restore.OnHost, Sh: Shell(btrfsShell)}
}

// Shell is the body in sh of a provider whose points are snapshots of the root
// subvolume. points is the part that knows where they are kept: the functions that the
// head of point.sh names, and rp_again of swap.sh.
func Shell(points string) string { return rootShell + pointShell + points + swapShell + mainShell }
