// Package become knows how sudo, doas and su are asked for a shell, and what
// their refusals mean. It is pure: it makes command lines and reads text; the
// conversation itself is held by package runner.
//
// # How a script can never run twice
//
// The first try is "sudo -n … /bin/sh -s" with the script on standard input,
// because a machine with a NOPASSWD rule then needs one remote command. If sudo
// refuses, sh was never started. That is proven, not guessed: the first command
// in the script prints a random start mark (WithStart) and ends the shell if it
// cannot. No mark in a whole answer, no script.
//
// # How a password can never become a command
//
// The second try runs Gate instead of a bare shell: it prints the start mark by
// itself as soon as sudo lets it in, then drops every line of its input until
// it reads the go mark, and only then becomes "/bin/sh -s". The password is
// written only after the random prompt was seen, and a line that arrives late
// is dropped, not run. A second prompt means that the password is wrong; the
// conversation ends there, because one more wrong answer may lock the account.
package become
