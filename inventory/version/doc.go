// Package version orders package versions by the rules of the family that they
// come from, for pins, reports and for telling that a host does not say the
// truth. What is installed is decided by the host's own package manager, never
// by this package.
//
// Each family has a file: the form that a version must have (a version that the
// package manager would refuse is an error here), and the order.
package version
