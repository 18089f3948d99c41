# Step one of leaving, or of not leaving: Ansible's inventory stays where and
# what it is, and patchwave reads it. Only what is patched when is new.

patchwave {
  database = "/var/lib/patchwave/patchwave.db"
  timezone = "Europe/Berlin"
}

connection "linux" {
  type           = "ssh"
  user           = "deploy"
  identity_files = ["~/.ssh/id_ed25519"]
  become {
    method = "sudo"
  }
}

# Hosts, their addresses and their variables, group_vars and host_vars included.
# Its groups are groups here too: web, db, monitoring and prod need no block.
source "ansible" "legacy" {
  path       = "hosts.ini"
  connection = connection.linux
}

# What Ansible has no word for is said in a group around one of its own.
group "critical" {
  members = [group.db]
  labels  = { critical = "yes" }
}

# Variables of group_vars and host_vars are vars of the host.
group "ours" {
  where = host.vars.owner == "platform team"
}

baseline "standard" {
  approve "security" {
    classification = ["security"]
    after          = "1d"
  }
  approve "rest" {
    packages = ["*"]
    after    = "14d"
  }
}

window "tuesday-night" {
  schedule = "Tue 02:00"
  duration = "5h"
}

preparation "standard" {
  restore_point {
    providers = ["packages"]
    required  = true
  }
}

verification "standard" {
  tcp "ssh" {
    port   = 22
    within = "2m"
  }
  on_failure = "rollback"
}

# It watches the others: first, so that it sees what becomes of them.
policy "monitoring" {
  hosts        = group.ours
  baseline     = baseline.standard
  window       = window.tuesday-night
  preparation  = preparation.standard
  verification = verification.standard
  priority     = 10
}

policy "web" {
  hosts        = group.web
  baseline     = baseline.standard
  window       = window.tuesday-night
  preparation  = preparation.standard
  verification = verification.standard
  after        = [policy.monitoring]
  gap          = "60m"
  rollout {
    wave "canary" {
      count = 1
      soak  = "15m"
    }
    wave "rest" {
      batch = 1
    }
  }
}

policy "db" {
  hosts        = group.critical
  baseline     = baseline.standard
  window       = window.tuesday-night
  preparation  = preparation.standard
  verification = verification.standard
  after        = [policy.web]
  gap          = "90m"
  rollout {
    max_failures = 0
    wave "one-by-one" {
      batch = 1
    }
  }
}
