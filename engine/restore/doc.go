// Package restore takes hosts back to what they were.
//
// The restore point that every host gets is a manifest of the versions that a
// run replaces, with copies of the old packages where they can be had. It
// undoes only packages, and only those whose old version was kept or can still
// be fetched; it does not undo configuration and data that maintainer scripts
// changed.
package restore
