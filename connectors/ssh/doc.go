// Package ssh reaches machines over SSH (RFC 4251 to 4254), on
// golang.org/x/crypto/ssh.
//
//	Dial ──► resolve    target, ssh_config, defaults             ──► endpoint
//	         via        a place on a shared connection to the jump host
//	         limits     few handshakes at once, fewer for one address
//	         open       TCP, or a channel through the jump host   ──► net.Conn
//	         handshake  key exchange, host key (trust), login     ──► link
//	         session    channels of the link; package runner runs the commands
//
// # Trust
//
// The host key is checked inside the first key exchange, before the first
// authentication message: what is refused there never learns who wanted to log
// in. A key that is not known, has changed or was revoked ends the attempt and is
// never tried again. Each jump host is checked in the same way, and the target
// behind it under its own name.
//
// # Time
//
// Dial, handshake and login each have the connect timeout. A guard closes the
// connection when its time is over: ssh.ClientConfig.Timeout would cover TCP
// only, and channels through a jump host have no deadlines. A link asks the peer
// whether it is there after 15 seconds of silence; three questions without an
// answer end it, because on a blackholed link nothing else returns.
//
// # What is not done
//
// No command of the local machine is run (ProxyCommand, Match exec), no agent or
// port is forwarded, no terminal is asked for. SHA-1, CBC, DSA, RSA keys under
// 2048 bits are not spoken, whatever the server offers.
package ssh
