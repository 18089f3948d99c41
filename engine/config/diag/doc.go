// Package diag holds what is wrong with a configuration, as plain values, and
// prints them the way an operator reads them: the place, the offending source
// line with a caret, what is wrong, and what to do.
//
// It knows nothing about HCL. The reader of the configuration fills in the
// source lines while it still has the files; the writer therefore needs no file
// and its cost does not depend on how large the files were.
package diag
