connection "c" {
  type = "ssh"
}

host "h-[1:2]" {
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

calendar "shut" {
  freeze "for-ever" {
    from = "2020-01-01"
    to   = "2099-12-31"
  }
}

window "night" {
  schedule = "Tue 02:00"
  duration = "2h"
}

window "frozen" { # warning: window "frozen" opens in the next 400 days only when nothing may start
  schedule = "Tue 02:00"
  duration = "2h"
  calendar = calendar.shut
}

policy "one" {
  preparation  = preparation.p
  verification = verification.v
  hosts        = host.h-1
  baseline     = baseline.b
  window       = window.night
}

policy "two" {
  preparation  = preparation.p
  verification = verification.v
  hosts        = host.h-2
  baseline     = baseline.b
  window       = window.night
  gap          = "3h" # error: policy "two" is never launched; Its launch, 3h after that of policy "one", would not be before the close
}
