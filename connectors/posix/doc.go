// Package posix sends POSIX sh scripts to machines and reads their framed
// answers. It is pure but for Run, which uses a connectors.Session.
//
// # On the wire
//
// A script goes over standard input to one "/bin/sh -s":
//
//	# patchwave NAME vN                     name and version, in the first line
//	pw_main() {
//	pw_nonce='16 random bytes in hex'
//	pw_arg_max_age='3600'                   an argument of harmless characters
//	pw_arg_want=$(pw_decode 'bGliYwo=')     any other argument, in base64
//	…prelude.sh and the body…
//	}
//	pw_main </dev/null                      ends with $pw_status, 0 if the body sets none
//
// The whole function is parsed before anything runs, so a truncated upload runs
// nothing and no child can eat the rest of the script. Arguments are data:
// they are never part of the code, and "$pw_arg_want" is never evaluated.
//
// The answer comes back in frames:
//
//	@@NONCE BEGIN apt.upgradable
//	…bytes of standard output, then a line feed that is not part of them…
//	@@NONCE END apt.upgradable rc=0
//	@@NONCE DONE
//
// The same marks go to standard error, so that each frame has its own part of
// both streams. Everything outside a frame is noise: a login banner, a chatty
// profile, "sudo: unable to resolve host". An answer without DONE is incomplete
// and is an error, never "nothing to report". The nonce is made anew for every
// call.
package posix
