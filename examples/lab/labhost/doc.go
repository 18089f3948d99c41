// Package labhost makes real hosts for tests.
package labhost
