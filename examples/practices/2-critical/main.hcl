# Practice 2: critical systems apart from the others, and what needs a reboot apart
# from what does not.

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

host "app-[1:4]" {
  connection = connection.linux
}

host "db-[1:3]" {
  connection = connection.linux
}

group "app" {
  members = [host.app-1, host.app-2, host.app-3, host.app-4]
}

# The label says it; validate warns of a policy that takes others along.
group "db" {
  members = [host.db-1, host.db-2, host.db-3]
  labels  = { critical = "yes" }
}

# Two of three, always: whatever policy, whatever run.
availability "db-quorum" {
  hosts           = group.db
  max_unavailable = 1
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

window "tuesday-night" {
  schedule = "Tue 02:00"
  duration = "6h"
}

preparation "standard" {
  restore_point {
    providers = ["packages"]
    required  = true
  }
}

verification "standard" {
  tcp "ssh" {
    port = 22
  }
}

# 02:00: the critical ones, as far as they need no reboot: one machine at a time,
# and little that can go wrong.
policy "db" {
  hosts        = group.db
  baseline     = baseline.standard
  window       = window.tuesday-night
  preparation  = preparation.standard
  verification = verification.standard
  updates      = "no-reboot"
  rollout {
    wave "one-by-one" {
      batch           = 1
      max_unavailable = 1
    }
  }
}

# 03:00: the others, in one rollout. What needs no reboot comes first in it, and
# what needs one is a step of its own.
policy "app" {
  hosts        = group.app
  baseline     = baseline.standard
  window       = window.tuesday-night
  preparation  = preparation.standard
  verification = verification.standard
  gap          = "60m"
  rollout {
    split = "reboot"
    wave "canary" {
      count = 1
      soak  = "30m"
    }
    wave "rest" {
      batch = 2
    }
  }
}

# 04:30: reboots of the critical ones, last, when the others have stood them.
policy "db-reboot" {
  hosts        = group.db
  baseline     = baseline.standard
  window       = window.tuesday-night
  preparation  = preparation.standard
  verification = verification.standard
  after        = [policy.app, policy.db]
  gap          = "90m"
  updates      = "reboot"
  rollout {
    wave "one-by-one" {
      batch           = 1
      max_unavailable = 1
    }
  }
}
