package snapper

import (
	_ "embed" // the script

	"patchwave/engine/restore"
	"patchwave/engine/restore/btrfs"
)

//go:embed snapper.sh
var snapperShell string

// Provider is the provider snapper, for Linux hosts whose root is a subvolume that
// snapper keeps snapshots of.
func Provider() restore.Scripted {
	return restore.Scripted{Word: restore.Snapper, Kind: restore.Snapper, Where: restore.OnHost, Sh: btrfs.Shell(snapperShell)}
}
