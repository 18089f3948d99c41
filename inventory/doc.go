// Package inventory holds what there is: hosts, groups, labels, and what was
// seen on a host (facts and pending updates). Everything is a plain, immutable
// value; nothing here reads files, talks to machines or knows HCL.
//
//	Host         what the operator declared, resolved: groups' labels and
//	             connection are already in it
//	Facts        what the last scan learned about the machine
//	Update       one pending update as the host's own package manager sees it
//	Observation  facts + updates + how good the answer was, at one instant
//	Selector     the --limit language over hosts
package inventory
