// Package winrm reaches Windows machines over WinRM: WS-Management (DSP0226) with
// the remote shell of MS-WSMV. The requests are built with
// github.com/masterzen/winrm; sending them, reading what comes back and deciding
// what it means is done here.
//
//	Dial ──► resolve   target, defaults                               ──► endpoint
//	         link      TCP, TLS (the peer is verified), login         ──► one connection
//	         channel   one request at a time; logs in again once      ──► reply | fault
//	         lane      two channels and a remote shell
//	         session   a few lanes; package runner runs the commands
//
// # Connections
//
// NTLM and its encryption belong to one TCP connection and count its messages, so
// each connection is owned here, from dial to close, and carries one request at a
// time: nothing is pooled, redirected, proxied, compressed or repeated behind the
// caller's back. A lane has two of them. One holds the long requests for output,
// the other one everything else, so that input and the end of a command do not
// wait for output.
//
// # Trust
//
// Over https the certificate is verified (by the authorities of the system, by
// those of a file alone, or by the SHA-256 of the certificate itself alone) before
// the first byte of a login. Basic, Kerberos and client certificates go over https
// only. NTLM and Kerberos over https are bound to the server's certificate (RFC 5929,
// tls-server-end-point), which defeats relaying them; the messages are protected by
// TLS and are not encrypted a second time. A client certificate is given when the host
// asks for it, once a connection: with the first handshake, or with a second one after
// the first request, as Windows does (TLS 1.2; the way of TLS 1.3 is not in the library).
//
// Tickets of Kerberos (RFC 4120) are asked for here, with the messages and the
// cryptography of a library: its own way to a KDC takes no context. What waits for a
// KDC ends with the connect timeout or the context of the caller, and leaves nothing. A
// KDC that wants a weaker encryption than is allowed, or the password hashed for ever, is
// refused. A host of another realm is reached by what the configuration says, or by the
// referrals of the KDCs.
//
// Over plain http there is NTLM only. Nothing proves there who the peer is before
// the login; the password itself is never sent, the answer to the challenge can be
// attacked offline by whoever gets it. The messages are encrypted and signed with
// 128 bits (MS-NLMP, 3.4), in both directions: a challenge that does not offer
// this, and a reply that is not encrypted, are refused. Nothing falls back to
// anything weaker. Use https where the network is not yours.
//
// # Commands
//
// A Line is run by cmd.exe as it is. A Script is a PowerShell program: one command
// line with the program bootstrap.ps1 and the SHA-256 of the script, which itself
// goes over standard input in pieces; so nothing of it is in an argument list and
// its length has no bound. Standard error that PowerShell wrote as CLIXML comes
// back as text.
//
// A session runs two commands at a time (Config.Commands); the others wait for
// their turn. A remote shell serves fifteen commands and is then replaced, for
// Windows counts what was done in it. It is deleted in the end, whatever happened,
// for a shell that is left stands for hours and counts against a limit for the
// user. A command that is given up is terminated, and its shell deleted with all
// that runs in it.
//
// # Time
//
// The host answers a request for output within 20 seconds (OperationTimeout),
// with what there is; ten seconds later the connection is given up. A request for
// output is sent again as it was, on a new connection, five times: the host then has
// not been told that the output came, and gives it again (as others rely on; it was
// not tried on Windows). Where it does not, a script's answer is not whole: frames say
// their length (connectors/framing). Nothing else is ever sent twice. When a reply
// breaks off half way the session is lost at once.
//
// # By whom it was tried
//
// By no Windows yet. The service of package sim/wsman was written for this program,
// and is held against pywinrm and ansible. With the build tag peers (the stage winrm
// of .ci/run) the connector drives testdata/server.py, which is made of this:
//
//	by others  NTLM, its keys, sealing and signing: impacket (what its SMB server
//	           does), and in turn gss-ntlmssp by way of MIT's GSSAPI, which verifies
//	           the integrity code and the channel binding too; impacket looks at
//	           neither. Kerberos: the KDC of MIT with realms of its own, one of which
//	           trusts the other, and MIT's GSSAPI with SPNEGO, channel bindings and
//	           replay cache. TLS and the certificate: OpenSSL, also when it asks for
//	           that of the client in a second handshake. HTTP: http.server of Python.
//	           XML: lxml. What runs: /bin/sh, and for a Script tr, base64 and
//	           sha256sum in the place of the bootstrap.
//	by us      the frame of sealed messages (2.2.9.1, which pywinrm shares with
//	           sim/wsman), and the messages of WS-Management and of the shell, from the
//	           same documents: what was misread there is misread on both sides. Two
//	           lines for impacket 0.10: the challenge is put together as its SMB server
//	           puts it together, and the place of the session key is read.
//
// Nothing there is Windows in what it does with a console, a code page, a quota or
// PowerShell; examples/windows/UNVERIFIED.md lists what to look at on a real one.
package winrm
