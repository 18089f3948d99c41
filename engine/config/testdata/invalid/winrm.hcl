connection "plain" {
  type     = "winrm"
  https    = false
  auth     = "basic" # error: auth = "basic" needs https; Over plain http only ntlm encrypts what is sent.
  user     = "a"
  password = secret("cred:x")
}

connection "kerb" { # error: auth = "kerberos" needs user # error: auth = "kerberos" needs password
  type  = "winrm"
  https = false
  auth  = "kerberos" # error: auth = "kerberos" needs https
}

connection "cert" { # error: auth = "certificate" needs private_key
  type        = "winrm"
  auth        = "certificate"
  https       = false # error: auth = "certificate" needs https
  certificate = "me.pem"
  user        = "a" # error: user has no meaning for auth = "certificate"; The certificate says who logs in.
}

connection "words" {
  type     = "winrm"
  auth     = "ntml" # error: "ntml" is no auth; It must be one of basic, ntlm, kerberos, certificate. Did you mean "ntlm"?
  user     = "a\tb" # error: is no user name
  password = "hunter2" # error: password is written out: (sensitive)
  port     = 0 # error: port must be a whole number from 1 to 65535
}

connection "trust" {
  type               = "winrm"
  user               = "CORP\\patch"
  password           = secret("cred:x")
  ca_file            = "none.pem" # error: the file of ca_file cannot be read
  server_fingerprint = "sha256:abc" # error: ca_file and server_fingerprint exclude each other # error: this is no fingerprint; Write sha256: and the 64 hex digits
}

connection "folder" {
  type     = "winrm"
  user     = "a"
  password = secret("cred:x")
  ca_file  = "." # error: is not a regular file
}

connection "http" {
  type               = "winrm"
  https              = false
  user               = "a"
  password           = secret("cred:x")
  server_fingerprint = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" # error: server_fingerprint has no meaning for plain http
}

connection "ssh-words" {
  type           = "winrm"
  user           = "a"
  password       = secret("cred:x")
  identity_files = ["x"] # error: identity_files has no meaning for a connection of type winrm
  jump           = [host.h] # error: jump has no meaning for a connection of type winrm
  certificate    = "x.pem" # error: certificate has no meaning for auth = "ntlm"
  become {} # error: become has no meaning for a connection of type winrm
  kerberos { # error: kerberos has no meaning here; It belongs to auth = "kerberos".
    realm = "" # error: realm is empty
  }
}

connection "tickets" {
  type = "winrm"
  auth = "kerberos"
  kerberos {
    keytab = "a.keytab"
    ccache = "b" # error: keytab and ccache exclude each other
    ticket = "x" # error: An argument named "ticket" is not expected here
  }
  kerberos {} # error: duplicate kerberos block
}

connection "ssh" {
  type    = "ssh"
  https   = true # error: https has no meaning for a connection of type ssh; Leave it out: it belongs to winrm.
  ca_file = "x" # error: ca_file has no meaning for a connection of type ssh
  kerberos {} # error: kerberos has no meaning here; It belongs to a connection of type winrm
}

connection "local" {
  type  = "local"
  https = true # error: https has no meaning for a local connection
}

host "h" {
  connection = connection.ssh
}

connection "through" {
  type = "ssh"
  jump = [host.w] # error: host "w" is not reached over ssh
}

host "w" {
  connection = connection.http
}
