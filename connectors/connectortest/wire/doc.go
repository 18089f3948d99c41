// Package wire is a network cable for tests: a TCP relay on 127.0.0.1 that adds
// a delay, stops moving bytes without closing anything (a blackhole), or is cut.
package wire
