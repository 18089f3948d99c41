// Package snapper TODO.
package snapper
