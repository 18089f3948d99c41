# A slip is one mistake: what it was meant for is not reported as missing too.

host "h" {
  conection = connection.c # error: Did you mean "connection"?
}

connection "c" {
  type = "ssh"
}

host "other" {
  connection = connection.c
}

group "g" {
  member = [host.h] # error: Did you mean "members"?
}

availability "a" {
  hosts           = host.h
  max_unavailible = 1 # error: Did you mean "max_unavailable"?
}

window "w" {
  shedule  = "Tue 02:00" # error: Did you mean "schedule"?
  duration = "4h"
}

window "attended" {
  schedule = "Tue 02:00"
  duration = "4h"
  calender = calendar.none # error: Did you mean "calendar"?
  attended = true
}

baseline "b" {
  approve "a" {
    package = ["a"] # error: Did you mean "packages"?
  }
}

baseline "kind" {
  aprove "a" { # error: Did you mean "approve"?
    packages = ["a"]
  }
}

verification "v" {
  unchangd = ["services"] # error: Did you mean "unchanged"?
}

verification "probe" {
  servce "s" { # error: Did you mean "service"?
  }
}

preparation "p" {
  run "r" {
    comand = ["true"] # error: Did you mean "command"?
  }
}

policy "p" {
  hosts    = host.other
  baseline = baseline.b
  windw    = window.w # error: Did you mean "window"?
  gap      = "1h"
  reboot {
    when   = "defer"
    windov = window.w # error: Did you mean "window"?
  }
  notice {
    before = "1h"
    too    = [notify.n] # error: Did you mean "to"?
  }
  windows_update {
    source = "offline"
    cabb   = "a.cab" # error: Did you mean "cab"?
  }
}

notify "n" {
  url = secret("cred:n")
}

standard "s" {
  dedline { # error: Did you mean "deadline"?
    within = "14d"
  }
}

standard "criterion" {
  deadline {
    sevrity = ["critical"] # error: Did you mean "severity"?
    within  = "14d"
  }
}

connection "w" {
  type     = "winrm"
  user     = "u"
  pasword  = secret("cred:w") # error: Did you mean "password"?
}

provider "p" {
  type   = "proxmox"
  token  = secret("cred:w")
  urls   = "https://pve.example.net" # error: Did you mean "url"?
}

# A wrong value is one mistake too: what it decides about is not looked at.

host "lonely" {
}

group "members" {
  members    = [host.lonly] # error: Did you mean "lonely"?
  connection = connection.c
}

group "outer" {
  members    = [group.inner]
  connection = connection.c
}

group "inner" {
  where = host.lables.a == "b" # error: Did you mean "labels"?
}

window "word" {
  schedule   = "Tue 02:00"
  duration   = "1h"
  attended   = "ja" # error: attended must be true or false
  attendance = "2h"
}

verification "rollback" {
  unchanged  = ["services"]
  on_failure = "rollback"
}

preparation "slip" {
  restore_pont { # error: Did you mean "restore_point"?
  }
}

policy "words" {
  hosts        = host.other
  baseline     = baseline.b
  verification = verification.rollback
  preperation  = preparation.slip # error: Did you mean "preparation"?
  reboot {
    when   = "deferred" # error: Did you mean "defer"?
    window = window.w
  }
  windows_update {
    source = "ofline" # error: Did you mean "offline"?
    cab    = "a.cab"
  }
  rollout {
    wave "a" {
      cnt = 1 # error: Did you mean "count"?
    }
    wave "b" {
    }
  }
}

policy "restore" {
  hosts        = host.other
  baseline     = baseline.b
  verification = verification.rollback
  preparation  = preparation.slip
}
