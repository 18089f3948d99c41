connection "c" {
  type = "ssh"
}

host "h" {
  connection = connection.c
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

window "night" {
  schedule = "Tue 02:00"
  duration = "4h"
}

window "later" {
  schedule = "Tue 05:00"
  duration = "2h"
}

window "other" {
  schedule = "Wed 02:00"
  duration = "2h"
}

policy "one" {
  preparation  = preparation.p
  verification = verification.v
  hosts        = host.h
  baseline     = baseline.b
  window       = window.night
}

policy "two" { # error: policies "one" and "two" claim host "h" at the same time; Both windows are open from Tue 2026-11-24 05:00 UTC to Tue 2026-11-24 06:00 UTC.
  preparation  = preparation.p
  verification = verification.v
  hosts        = host.h
  baseline     = baseline.b
  window       = window.later
}

policy "after" {
  preparation  = preparation.p
  verification = verification.v
  hosts        = host.h
  baseline     = baseline.b
  window       = window.night
  after        = [policy.one, policy.two]
  gap          = "90m"
}

policy "free" {
  preparation  = preparation.p
  verification = verification.v
  hosts        = host.h
  baseline     = baseline.b
  window       = window.other
}

policy "by-hand" {
  preparation  = preparation.p
  verification = verification.v
  hosts        = host.h
  baseline     = baseline.b
}
