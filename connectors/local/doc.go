// Package local runs commands on this machine, with the same contract as a
// remote session: a script goes over standard input to one "/bin/sh -s", sudo is
// asked in the same way, time and output are bounded alike.
//
// Every command is the leader of a process group of its own, and the group is
// killed when the time is over. What runs as another user by sudo cannot be
// killed by us; it gets SIGHUP from sudo at best. As with every session: after
// an interrupted command it is not known whether it still runs.
//
// Nothing of a command is in an argument list, a Line neither: it goes over
// standard input to sh, not to the login shell.
package local
