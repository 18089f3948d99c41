connection "c" {
  type = "ssh"
}

host "h" {
  connection = connection.c
}

waiver "empty" {} # error: missing argument "hosts" # error: missing argument "updates" # error: missing argument "until" # error: missing argument "owner" # error: missing argument "reason"

waiver "wrong" {
  hosts   = host.hhh # error: there is no host "hhh"
  updates = [] # error: updates is empty
  until   = "soon" # error: "soon" is no date
  owner   = "" # error: owner is empty
  reason  = null # error: reason cannot be null
}

waiver "glob" {
  hosts   = [host.h]
  updates = ["[a"] # error: "[a" is no pattern
  until   = "2027-01-01"
  owner   = "x"
  reason  = "y"
}

standard "PCI-DSS" { # error: standard "PCI-DSS" is built in; It cannot be declared again
  deadline {
    severity = ["critical"]
    within   = "14d"
  }
}

standard "none" {} # error: standard "none" has no deadline

standard "wrong" {
  deadline { # error: missing argument "within" # error: a deadline without a criterion
  }
  deadline {
    severity        = ["high"] # error: "high" is no severity
    classification  = ["secuirty"] # error: Did you mean "security"?
    known_exploited = "maybe" # error: known_exploited must be true or false
    within          = "0d" # error: within cannot be zero
  }
}

notify "none" {} # error: missing argument "url"

notify "literal" {
  url = "slack://hunter2" # error: url is written out: (sensitive)
  on  = ["mised"] # error: Did you mean "missed"?
}

notify "words" {
  url = secret("exec:pass 'show") # error: this reference to a secret is not valid; Exec: a quote is not closed.
  on  = [] # error: on is empty
}

notify "keyring" {
  url = secret("keyring:service") # error: this reference to a secret is not valid; Keyring: needs a service and a user
}

notify "age" {
  url = secret("age:") # error: this reference to a secret is not valid; Age: needs a path.
}

site "wrong" {
  parallelism  = 0 # error: parallelism must be a whole number from 1
  connect_rate = "fast" # error: connect_rate must be a whole number from 1
  rate         = 1 # error: An argument named "rate" is not expected here
}

site "wrong" { # error: duplicate site "wrong"
  parallelism = 1
}
