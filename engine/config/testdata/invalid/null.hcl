# What is null is as good as left out; what is needed cannot be left out, and a
# criterion that is empty does not match everything.
variable "nothing" {
  default = null
}

variable "empty" {
  default = []
}

connection "c" {
  type = var.nothing # error: type cannot be null; A connection block needs it.
  user = var.nothing
}

host "a" {
  address    = var.nothing
  connection = connection.c
}

group "g" {
  members = null # error: members must be a list of references
}

baseline "b" {
  approve "null" { # error: approve "null" has no criterion
    packages = var.nothing
  }
  approve "empty" {
    packages = var.empty # error: packages is empty
    severity = ["low"]
  }
  pin "p" {
    packages = ["x"]
    version  = null # error: version cannot be null
  }
}

verification "v" {
  tcp "a" {
    port = null # error: port cannot be null
  }
  command "b" {
    run = var.nothing # error: run cannot be null
  }
}

policy "p" {
  hosts    = null # error: a reference to a host or a group is needed here
  baseline = var.nothing # error: a reference to a baseline is needed here
}

notify "nobody" {
  url = null # error: url cannot be null; A notify block needs it.
}
