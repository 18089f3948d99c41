# The hypervisor makes the restore points of the servers.
provider "hyperv" {
  type       = "hyperv"
  connection = connection.windows
  url        = "https://hv1.corp.example.net:5986"
}

preparation "server" {
  require {
    clock_skew = "1m" # Kerberos allows five
  }
  restore_point {
    providers = [provider.hyperv]
    required  = true
    expire    = "3d"
  }
}

# Whoever still works is left alone, and who was asleep sleeps on afterwards.
preparation "desktop" {
  wake {
    timeout = "5m"
    via     = host.print
    then    = "restore"
  }
  require {
    no_users = true
  }
  restore_point {
    providers = ["system_restore"]
  }
}

preparation "desktop-on" {
  require {
    no_users = true
  }
  restore_point {
    providers = ["system_restore"]
  }
}

verification "server" {
  unchanged = ["services", "listeners"]
  tcp "remote" {
    port   = 5986
    within = "10m"
  }
  on_failure = "stop"
}

verification "domain" {
  unchanged = ["services", "listeners"]
  service "NTDS" {}
  service "DNS" {}
  tcp "ldap" {
    port   = 389
    within = "10m"
  }
  on_failure = "stop"
}

verification "desktop" {
  tcp "remote" {
    port   = 5986
    within = "10m"
  }
}

# Always one that answers, whoever patches.
availability "domain" {
  hosts       = group.domain
  min_healthy = 1
  tcp "kerberos" {
    port = 88
  }
}

policy "servers" {
  hosts        = group.servers
  baseline     = baseline.windows
  window       = window.patch-tuesday
  preparation  = preparation.server
  verification = verification.server
  priority     = 40
  notify       = [notify.ops]
  reboot {
    timeout = "40m"
    cycles  = 3
  }
  rollout {
    wave "one-by-one" {
      batch = 1
    }
  }
  notice {
    before = "24h"
  }
}

# 03:30, one after the other.
policy "domain" {
  hosts        = group.domain
  baseline     = baseline.windows
  window       = window.patch-tuesday
  preparation  = preparation.server
  verification = verification.domain
  after        = [policy.servers]
  gap          = "90m"
  notify       = [notify.ops]
  reboot {
    timeout = "40m"
    cycles  = 3
  }
  rollout {
    max_failures = 0
    wave "one-by-one" {
      batch           = 1
      max_unavailable = 1
    }
  }
  notice {
    before = "24h"
  }
}

policy "desktops" {
  hosts        = group.desktops
  baseline     = baseline.windows
  window       = window.thursday-evening
  preparation  = preparation.desktop
  verification = verification.desktop
  notify       = [notify.ops]
  reboot {
    timeout = "40m"
    cycles  = 3
    stagger = "1m"
  }
  stage {
    before = "6h"
  }
  rollout {
    max_failures = "20%" # some are always switched off at the wall
    wave "volunteers" {
      count = 3
      soak  = "1h"
    }
    wave "rest" {
      batch = 10
    }
  }
  notice {
    before = "24h"
  }
}

# The same at the same hour of the clock there, an hour later.
policy "desktops-lisbon" {
  hosts        = group.desktops-lisbon
  baseline     = baseline.windows
  window       = window.thursday-evening
  preparation  = preparation.desktop-on
  verification = verification.desktop
  notify       = [notify.ops]
  reboot {
    timeout = "40m"
    cycles  = 3
  }
  stage {
    before = "6h" # the thin line has the afternoon for it
  }
  rollout {
    max_failures = 1
    wave "all" {
      batch = 2
    }
  }
}
