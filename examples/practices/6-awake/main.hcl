# Practice 6: all devices are on, and that is looked at before the time comes.

patchwave {
  timezone = "Europe/Berlin"
}

connection "linux" {
  type = "ssh"
  user = "patch"
  become {
    method = "sudo"
  }
}

# It is always on, and in the same network as those it wakes.
host "router" {
  connection = connection.linux
}

host "desk-[1:3]" {
  connection = connection.linux
  mac        = "52:54:00:00:00:0${each.number}"
}

group "desks" {
  members = [host.desk-1, host.desk-2, host.desk-3]
}

notify "ops" {
  url = secret("cred:notify")
}

window "tuesday-night" {
  schedule = "Tue 02:00"
  duration = "6h"
}

baseline "standard" {
  approve "security" {
    classification = ["security"]
  }
  approve "rest" {
    packages = ["*"]
    after    = "7d"
  }
}

# `patchwave ping --wake` tries the same by hand.
preparation "awake" {
  wake {
    timeout = "5m"
    via     = host.router
    then    = "restore" # who was asleep sleeps on afterwards
  }
  restore_point {
    providers = ["packages"]
  }
}

preparation "standard" {
  restore_point {
    providers = ["packages"]
  }
}

verification "standard" {
  tcp "ssh" {
    port = 22
  }
}

policy "desks" {
  hosts        = group.desks
  baseline     = baseline.standard
  window       = window.tuesday-night
  preparation  = preparation.awake
  verification = verification.standard
  # The day before: who is off, locked, full, in a conversation with its user?
  notice {
    before = "24h"
    to     = [notify.ops]
  }
  # In the evening before: what will be needed is on the disks already.
  stage {
    before = "6h"
  }
}

policy "router" {
  hosts        = host.router
  baseline     = baseline.standard
  window       = window.tuesday-night
  preparation  = preparation.standard
  verification = verification.standard
  after        = [policy.desks]
  gap          = "90m"
}
