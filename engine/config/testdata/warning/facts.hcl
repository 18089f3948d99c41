# Errors never depend on facts, those that are not known yet included: without
# facts every host is in the first group.

connection "c" {
  type = "ssh"
}

host "a" {
  connection = connection.c
}

group "unix" {
  where = host.os.family != "windows"
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

policy "unix" { # warning: policies "named" and "unix" claim host "a" at the same time
  hosts        = group.unix
  baseline     = baseline.b
  window       = window.w
  preparation  = preparation.p
  verification = verification.v
  gap          = "90m"
}
