// Package posix writes calls of patchwave's scripts as POSIX sh programs. It is
// pure.
//
// # On the wire
//
// A program goes over standard input to one "/bin/sh -s":
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
// nothing and no child can eat the rest of the program. Arguments are data:
// they are never part of the code, and "$pw_arg_want" is never evaluated. What it
// prints are the frames of connectors/framing.
package posix
