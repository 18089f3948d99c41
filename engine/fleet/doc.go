// Package fleet runs work over many items at once with a bound, and hands the
// results out one after the other.
package fleet
