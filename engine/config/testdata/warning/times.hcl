connection "c" {
  type = "ssh"
}

host "h-[1:50]" {
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

calendar "office" {
  timezone = "Europe/Berlin"
}

window "friday" { # warning: window "friday" opens on the evening before a day off; On Fri 2026-11-27 20:00 CET
  schedule = "Fri 20:00"
  duration = "4h"
  timezone = "Europe/Berlin"
  calendar = calendar.office
}

policy "one" {
  hosts        = host.h-1
  baseline     = baseline.b
  window       = window.friday
  preparation  = preparation.p
  verification = verification.v
  priority     = 1
}

policy "two" { # warning: policy "two" is launched 30m after policy "one"; Both are in window "friday".
  hosts        = host.h-2
  baseline     = baseline.b
  window       = window.friday
  preparation  = preparation.p
  verification = verification.v
  priority     = 2
  gap          = "30m"
}

window "saturday" {
  schedule = "Sat 02:00"
  duration = "1h"
}

policy "reboots" {
  hosts        = host.h-3
  baseline     = baseline.b
  window       = window.saturday
  preparation  = preparation.p
  verification = verification.v
}

policy "quiet" { # warning: policy "reboots" reboots before policy "quiet", which does not; What needs no reboot should be installed first # warning: policy "quiet" is launched 0s after policy "reboots"
  hosts        = host.h-4
  baseline     = baseline.b
  window       = window.saturday
  preparation  = preparation.p
  verification = verification.v
  updates      = "no-reboot"
  after        = [policy.reboots]
}

window "sunday" {
  schedule = "Sun 02:00"
  duration = "1h"
}

group "many" {
  where = host.name != "h-1" && host.name != "h-2" && host.name != "h-3" && host.name != "h-4"
}

policy "many" { # warning: wave "all" of policy "many" does not fit into window "sunday"; Its 46 hosts make 23 batches
  hosts        = group.many
  baseline     = baseline.b
  window       = window.sunday
  preparation  = preparation.p
  verification = verification.v
  rollout {
    wave "all" {
      batch = 2
    }
  }
}
