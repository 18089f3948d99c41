package connectors

// WinRMAuth names a way to log in over WinRM.
type WinRMAuth string

// The ways to log in over WinRM.
const (
	WinRMBasic       WinRMAuth = "basic"
	WinRMNTLM        WinRMAuth = "ntlm"
	WinRMKerberos    WinRMAuth = "kerberos"
	WinRMCertificate WinRMAuth = "certificate"
)

// WinRM is what a target of KindWinRM has besides address, port, user and
// password. Paths are absolute.
type WinRM struct {
	// HTTPS is false only with WinRMNTLM, which then encrypts the messages.
	HTTPS bool
	Auth  WinRMAuth
	// CAFile is a file of certificates that alone are trusted; "" means those of
	// the system.
	CAFile string
	// Fingerprint is the SHA-256 of the server's certificate in DER, in lower case
	// hex; if set it alone is trusted. "" means none is pinned.
	Fingerprint string
	// Certificate and PrivateKey are the files of WinRMCertificate.
	Certificate, PrivateKey string
	Kerberos                Kerberos
}

// Kerberos says where tickets come from.
type Kerberos struct {
	Realm string
	// Keytab, CCache and Krb5Conf are files; "" means the default of the system.
	Keytab, CCache, Krb5Conf string
}

// The ports of WinRM.
const (
	WinRMPortHTTP  = 5985
	WinRMPortHTTPS = 5986
)
