connection "none" {} # error: missing argument "type"; A connection block needs type = ….

connection "typo" {
  tpye = "ssh" # error: Did you mean "type"?
}

connection "telnet" {
  type = "telnet" # error: "telnet" is no type; It must be one of ssh, local, winrm.
}

connection "close" {
  type = "shh" # error: Did you mean "ssh"?
}

connection "windows" { # error: auth = "ntlm" needs user # error: auth = "ntlm" needs password; Add password = …, or use another auth.
  type  = "winrm"
  https = true
}

connection "wrong" {
  type           = "ssh"
  user           = "a b" # error: "a b" is no user name
  port           = 70000 # error: port must be a whole number from 1 to 65535
  identity_files = "~/.ssh/id" # error: identity_files must be a list; Write it in brackets
  agent          = "perhaps" # error: agent must be true or false
  host_keys      = "ignore" # error: "ignore" is no host_keys; A host whose identity was not checked is never entered
  host_key       = "ssh-ed25519 nonsense" # error: this is no public key
  jump           = host.h # error: jump must be a list of references; Write it out in brackets
  ssh_config     = [true] # error: ssh_config must be true or false
  certificate    = "" # error: certificate is empty
  become {
    method = "please" # error: "please" is no method
    user   = "-root" # error: "-root" is no user name
  }
  become {} # error: duplicate become block; A connection block has one become block at most; the first is at line 31.
  timeouts {
    connect = 10 # error: connect must be a duration; A bare number has no unit
    command = "0s" # error: command cannot be zero
    idle    = "5 minutes" # error: "5 minutes" is no duration
  }
  retry {
    attempts = 1.5 # error: attempts must be a whole number from 1 to 100
    backoff  = "300y" # error: "300y" is no duration
  }
}

connection "wrong2" {
  type      = "ssh"
  host_keys = "strikt" # error: Did you mean "strict"?
  timeouts {
    connect = "9999999999w" # error: This is longer than 292 years.
    command = "15250w1w1w" # error: This is longer than 292 years.
    idle    = "1h30" # error: the last number has no unit
  }
}

connection "local" {
  type = "local"
  user = "root" # error: user has no meaning for a local connection
  become {
    method   = "none"
    password = secret("cred:x") # error: a password has no meaning with method "none"
  }
}

connection "doas" {
  type = "ssh"
  become {
    method   = "doas"
    password = secret("cred:x") # error: doas cannot be given a password
  }
}

connection "local" { # error: duplicate connection "local"
  type = "ssh"
}

connection "LOCAL" { # error: connection "LOCAL" differs from "local" only in case
  type = "ssh"
}

connection "a/b" { # error: "a/b" is no name for a connection
  type = "ssh"
}

connection { # error: missing name for connection
  type = "ssh"
}

host "h" {
  connection = connection.windows
}
