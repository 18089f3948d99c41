# A host that is a member whatever the facts say is claimed twice for sure.

connection "c" {
  type = "ssh"
}

host "a" {
  connection = connection.c
}

group "unix" {
  members = [host.a]
  where   = host.os.family != "windows"
}

window "w" {
  schedule = "Tue 02:00"
  duration = "4h"
}

baseline "b" {
  approve "all" {
    packages = ["*"]
  }
}

preparation "p" {
  restore_point {}
}

verification "v" {
  unchanged = ["services"]
}

policy "named" {
  hosts        = host.a
  baseline     = baseline.b
  window       = window.w
  preparation  = preparation.p
  verification = verification.v
}

policy "unix" { # error: policies "named" and "unix" claim host "a" at the same time
  hosts        = group.unix
  baseline     = baseline.b
  window       = window.w
  preparation  = preparation.p
  verification = verification.v
  gap          = "90m"
}
