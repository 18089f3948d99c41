// Package policies holds how machines are to be patched: which updates are
// approved (Baseline), in which order and how many at once (Rollout), with what
// before (Preparation) and after (Verification), and when (Window): its openings,
// and why it stays shut in some of them.
//
// It is pure: no input or output, no HCL, no clock. Time is an argument. What
// is decided is a value with its reason (Decision): the rule, its place in the
// configuration, and the date it changes.
package policies
