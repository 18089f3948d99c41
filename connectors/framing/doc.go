// Package framing is what a script prints, whatever language it is written in:
// named frames between marks that only this call knows.
//
//	@@NONCE BEGIN apt.upgradable
//	…bytes of standard output, then a line feed that is not part of them…
//	@@NONCE END apt.upgradable rc=0
//	@@NONCE DONE
//
// A transport may lose a piece of output, or bring one twice, and not know it: WinRM
// after a connection broke. So a script may say how much it has printed: the end of
// a frame how many bytes it holds, DONE how many frames there were on that stream.
//
//	@@NONCE END apt.upgradable rc=0 len=1042
//	@@NONCE DONE frames=3
//
// An answer that differs is not complete. What is not said is not compared; but where
// DONE says a number, every end says one.
//
// The same marks may go to standard error, so that each frame has its own part
// of both streams. Everything outside a frame is noise: a login banner, a chatty
// profile, "sudo: unable to resolve host". An answer without DONE is incomplete
// and is an error, never "nothing to report". The nonce is made anew for every
// call, so that a host cannot have prepared an answer.
//
// Everything here is pure, and all it reads is hostile.
package framing
