//go:build !unix

package knownhosts

import "os"

// lockFile does nothing where there is no flock: appends of one process are
// still in order.
func lockFile(*os.File) error { return nil }
