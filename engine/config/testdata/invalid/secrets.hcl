connection "literal" {
  type     = "ssh"
  password = "hunter2" # error: password is written out: (sensitive)
  become {
    password = local.pw # error: password is written out: (sensitive)
  }
}

connection "schemes" {
  type       = "ssh"
  password   = secret("vault:kv/pw") # error: this reference to a secret is not valid; Vault: needs a path and a field
  passphrase = secret("hunter2") # error: this is no reference to a secret; Unknown scheme: write scheme:reference
  user       = secret("cred:user") # error: a secret cannot be used here
  become {
    password = secret("file:") # error: this reference to a secret is not valid; File: needs a path.
  }
}

connection "more" {
  type       = "ssh"
  password   = secret("keyboard:hunter2") # error: this is no reference to a secret
  passphrase = "${secret("cred:x")}-hunter2" # error: invalid template interpolation value
  become {
    password = secret("env:NOT-A-NAME") # error: this reference to a secret is not valid; Env: needs the name of an environment variable.
  }
}

connection "number" {
  type       = "ssh"
  password   = 12345 # error: password is written out
  passphrase = secret("cred:../x") # error: this reference to a secret is not valid
}

locals {
  pw = "hunter2"
  ok = secret("cred:x")
}

host "h" {
  address    = "10.0.0.1"
  connection = connection.literal
  labels     = { pw = local.ok } # error: a secret cannot be used here
  vars       = { deep = [{ pw = secret("cred:x") }] } # error: a secret cannot be used here
}

host "leak" {
  address    = local.ok == null ? "a" : "b" # error: a secret cannot be used here
  connection = connection.literal
}

group "g" {
  where = host.name == secret("cred:x") # error: there is no function "secret"
}

group "g2" {
  where = local.ok == null # error: a secret cannot be used here
}
