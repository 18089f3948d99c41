# The smallest configuration that is worth having: two machines, patched one
# after the other, checked afterwards. Change the addresses, then:
#
#   patchwave -C examples/quickstart validate   # is it right?
#   patchwave -C examples/quickstart ping       # do we get in, and become root?
#   patchwave -C examples/quickstart scan       # what is pending?
#   patchwave -C examples/quickstart plan       # what would be done?
#   patchwave -C examples/quickstart apply      # do it, after asking

patchwave {
  database = "~/.local/state/patchwave/patchwave.db"
}

# How machines are reached: as your own ssh does it. User and keys come from
# ~/.ssh/config, ~/.ssh and the agent. Host keys must be in ~/.ssh/known_hosts:
# ssh to a machine once, and compare what it shows.
connection "ssh" {
  type       = "ssh"
  ssh_config = true
  become {
    method = "sudo" # without a password: sudo -n must work
  }
}

host "one" {
  address    = "192.0.2.11"
  connection = connection.ssh
}

host "two" {
  address    = "192.0.2.12"
  connection = connection.ssh
}

group "machines" {
  members = [host.one, host.two]
}

# Which updates are wanted. The first rule that matches decides, and what no rule
# matches is not installed.
baseline "everything" {
  approve "security" {
    classification = ["security"]
  }
  approve "rest" {
    packages = ["*"]
    after    = "3d" # let others find the mistakes first
  }
}

# Before anything is changed, what is needed to go back is kept.
preparation "safe" {
  restore_point {
    providers = ["packages"]
  }
}

# Afterwards each machine must still answer, or nothing more is started.
verification "alive" {
  tcp "ssh" {
    port = 22
  }
}

policy "machines" {
  hosts        = group.machines
  baseline     = baseline.everything
  preparation  = preparation.safe
  verification = verification.alive
  rollout {
    wave "all" {
      batch = 1 # one machine at a time
    }
  }
}
