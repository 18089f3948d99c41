// Package sshconfig reads what patchwave can use from an OpenSSH client
// configuration (ssh_config(5)): where a host is, who logs in, with which keys,
// over which other hosts.
//
//	Load ──► lines ──► blocks ──► Config ──► Host(alias) ──► Settings
//	        (words.go) (parse.go)            (resolve.go, match.go, expand.go)
//
// The first value of an option counts, over all blocks that match and the files
// they include, in the order of the text. Host blocks are taken apart and
// matched by kevinburke/ssh_config. Words, Include and Match are not left to it:
// it takes the text after "Match host a user b" for more host names, refuses a
// whole file for one Match exec, and goes round for ever on some lines. So it
// only ever sees lines in a form in which it is right.
//
// Nothing is ever executed. ProxyCommand, Match exec and the other options that
// run programs are named in Settings.Unsupported, and a host that cannot be
// reached as the file says without them is an *UnsupportedError.
//
// A file that anybody may write to is refused, as the OpenSSH client does.
package sshconfig
