// Package lab holds the trials of patchwave against real hosts, made by package
// labhost on the machine that runs them. They are built with the tag lab and
// need root; README.md says how to run them.
package lab
