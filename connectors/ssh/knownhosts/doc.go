// Package knownhosts reads OpenSSH known_hosts files, answers whether a host
// may present a key, and remembers new keys. A lookup stays flat up to 100,000
// lines.
//
//	Load ──► DB ──► Check       is this key right for this host?
//	          ├──► Algorithms   which host key algorithms to ask this host for
//	          └──► Add          remember a new key (accept-new)
//
// The format is that of sshd(8), SSH_KNOWN_HOSTS FILE FORMAT. Names are matched
// as the OpenSSH client does it: the text of a pattern against "host", or
// "[host]:port" where the port is not 22; letter case is ignored; "*" and "?"
// match any character; a negated pattern that matches takes the whole line out.
//
// # Speed
//
// Lines are indexed by the names that stand in them. A key is compared as the
// base64 text of the file; nothing is decoded to find out that a key is right.
// Lines with wildcards are tried one by one, lines with hashed names only if the
// others had no answer; what they gave is kept for each host.
//
// # Where it is stricter than the OpenSSH client
//
//   - A key on a @revoked line is refused on every host, not only on those that
//     the line names.
//   - The key of "host" is not taken for "[host]:port". CA lines are: an
//     authority vouches for a name, and the certificate has to carry that name.
//   - A host that a CA line covers and that shows a key which nobody vouches for
//     is told apart (UnknownError.Authorities, CertError), so that a caller who
//     accepts new keys can refuse to be talked down to a bare key.
//   - Signatures of authorities with SHA-1 are refused.
//
// Keys are never taken from a line that cannot be read in full; such lines are
// passed over and listed by Problems.
package knownhosts
