# Two machines at home: a file server and a small one that does the rest. They
# are patched on Saturday morning, when somebody is up, one after the other.

patchwave {
  database = "~/.local/state/patchwave/patchwave.db"
  timezone = "Europe/Berlin"
}

# As your own ssh does it: user, port and key come from ~/.ssh/config.
connection "ssh" {
  type       = "ssh"
  ssh_config = true
  become {
    method = "sudo"
  }
}

host "nas" {
  address    = "192.168.1.10"
  connection = connection.ssh
  labels     = { role = "storage" }
}

# It mounts shares of the file server: that one is patched, and back, before it.
host "box" {
  address    = "192.168.1.11"
  connection = connection.ssh
  depends_on = [host.nas]
}

group "home" {
  members = [host.nas, host.box]
}

baseline "home" {
  # The containers run on this one; new versions are tried by hand first.
  hold "docker" {
    packages = ["docker-ce", "docker-ce-*", "containerd.io"]
    reason   = "updated by hand, with the containers stopped"
  }
  approve "security" {
    classification = ["security"]
    after          = "1d"
  }
  approve "rest" {
    packages = ["*"]
    after    = "7d" # let others find the mistakes first
  }
}

# Somebody is at home every day from eight in the morning to ten in the evening,
# but for the holidays.
calendar "home" {
  workdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
  hours    = "08:00-22:00"
  freeze "skiing" {
    from   = "2027-02-06"
    to     = "2027-02-14"
    reason = "nobody is at home"
  }
}

window "saturday" {
  schedule = "Sat 09:00"
  duration = "2h"
  calendar = calendar.home
  attended = true
}

# What is replaced is kept, so that `patchwave rollback nas` has something to go
# back to.
preparation "safe" {
  restore_point {
    providers = ["packages"]
    keep      = 2
  }
}

# Afterwards: does it answer, and does it do what it is for? If not, it is taken
# back by itself.
verification "alive" {
  tcp "ssh" {
    port   = 22
    within = "2m"
  }
  command "failed-units" {
    run    = "test -z \"$(systemctl --failed --plain --no-legend)\""
    within = "3m"
  }
  on_failure = "rollback"
}

policy "home" {
  hosts        = group.home
  baseline     = baseline.home
  window       = window.saturday
  preparation  = preparation.safe
  verification = verification.alive
  rollout {
    max_failures = 0 # if the first one fails, the other one stays as it is
    wave "one-by-one" {
      batch = 1
    }
  }
}
