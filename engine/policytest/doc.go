// Package policytest decides what policy tests ask, with the code that a plan
// decides with, and says how the decisions differ from what is expected. It is
// pure: no host is touched, and time is what the test says.
//
// The hosts of a test have the facts of the test and no others; groups whose
// condition reads facts have the members that follow from them. A host that the
// test says nothing about was never scanned.
package policytest
