// Package wsman is the WinRM service of a simulated Windows machine: WS-Management
// with the Windows Remote Shell over HTTP or HTTPS, on loopback. Whatever runs in
// its shells is a Handler of Go; no Windows and no PowerShell is needed.
//
//	client ──HTTP(S)──► HTTP.sys ──► login ──► frame ──► envelope ──► shell ──► Handler
//	         conn.go    http.go     auth.go   sealed.go   soap.go     shell.go
//	         phase.go   trouble.go  ntlm.go   keys.go     operate.go  command.go, input.go
//
// It shares no code with the program's own connector, and none with the libraries
// that one uses: if both sides had the same mistake, no test would see it. What
// holds it against the world are clients of others: masterzen/winrm in its tests,
// and pywinrm and ansible, unmodified, with the build tag peers (the stage winrm of
// .ci/run).
//
// # From which documents
//
//	MS-WSMV          shells, commands, streams, signals, quotas; the frame of sealed messages (2.2.9.1)
//	DSP0226          WS-Management: headers, selectors, options, faults, Identify
//	MS-NLMP          NTLM: messages, NTLMv2, keys, signing and sealing (3.3, 3.4), integrity code (3.1.5.1.2)
//	MS-NTHT          NTLM in HTTP, for a connection
//	wsmerror.h       the codes of faults
//
// What no document says follows what others have recorded of real machines:
// captures in the tests of pypsrp, WinRb and pywinrm, and bug reports. Where those
// disagree, Options has a switch (UnencryptedStatus).
//
// # What it models
//
// The operations Create, Command, Receive, Send, Signal, Delete, and Identify.
// Receive waits up to OperationTimeout and then faults with 2150858793. Output is
// kept until the next Receive shows that the client has it: the same message again,
// or one after a reply that could not be sent, gets the same output. Shells that
// nobody uses go away; shells, commands, envelopes and command lines have limits,
// and faults of quotas come as MSFT_WmiError.
//
// A login by NTLM belongs to a TCP connection, as do the streams of its ciphers: a
// sealed message on another connection is answered with 400. Without TLS, only
// sealed messages are taken unless Options say otherwise.
//
// Trouble is what can be wrong with a machine, and changes while it runs. Reboot,
// Step and SetPhase take it down and bring it up in the steps of a real one, each
// when the caller says so. Cut and ForgetLogins happen once. Nothing here waits
// for a time that a caller has not named.
//
// # What it does not model
//
// Kerberos, CredSSP, NTLM inside of SPNEGO, NTLMv1; the scheme Kerberos is offered
// as a real machine does, and leads nowhere. Channel bindings are not looked at
// (CbtHardeningLevel is None), nor is the target name. A certificate of a client is
// asked for in the first handshake, not by renegotiation. Envelopes in UTF-16,
// mustUnderstand of headers that it does not know, resources other than the shell
// (Enumerate, Get, Invoke: action not supported), PSRP, Disconnect and Reconnect.
// MaxProcessesPerShell and the limits of memory are not enforced. That an envelope
// beyond the limit gets 413, that a second Receive relieves the first (995), and
// how long a Send waits for room in a pipe, are guesses.
package wsman
