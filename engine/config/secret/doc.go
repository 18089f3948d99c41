// Package secret holds references to passwords, tokens and keys:
//
//	cred:NAME   a systemd credential, $CREDENTIALS_DIRECTORY/NAME
//	file:PATH   a file of mode 0600 or 0400 that belongs to root or to the running user
//	env:NAME    an environment variable of the controller
//
// age:PATH, exec:PROGRAM ARGS, keyring:SERVICE/USER and vault:PATH#FIELD are
// checked, and refused with ErrLater when they are needed.
//
// A Ref never holds a value: Reveal reads it when a connection needs it, and the
// caller wipes it. A Ref prints as "(sensitive)" with every verb and marshals to
// the same word, so that it can stand in a value that is logged by mistake.
package secret
