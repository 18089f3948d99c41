# The plant stands still on Wednesday mornings, and the maintenance shift is
# there. A week in which it is not is left out by itself; what the calendar does
# not know is said with `patchwave suspend POLICY --until TIME --reason WHY`.
calendar "maintenance" {
  workdays = ["wed"]
  hours    = "06:00-14:00"
  holidays = ["2026-12-23", "2026-12-30", "2027-01-06"]
  freeze "campaign" {
    from   = "2027-03-01"
    to     = "2027-04-15"
    reason = "the plant runs through"
  }
}

window "standstill" {
  schedule   = "Wed 06:00"
  duration   = "6h"
  calendar   = calendar.maintenance
  attended   = true
  attendance = "1h"
}

preparation "linux" {
  require {
    disk_free  = { "/" = "2GiB", "/boot" = "150MiB" }
    clock_skew = "5s"
    no_users   = true
  }
  restore_point {
    providers = ["packages"]
    required  = true
    keep      = 5
    expire    = "180d"
  }
}

# The imaging program of the control room keeps a copy of the whole disk.
provider "image" {
  type     = "command"
  create   = ["/usr/local/bin/image", "create", "${host.name}"]
  check    = ["/usr/local/bin/image", "verify", "${host.name}"]
  rollback = ["/usr/local/bin/image", "restore", "${host.name}"]
  remove   = ["/usr/local/bin/image", "remove", "${host.name}"]
}

preparation "windows" {
  restore_point {
    providers = [provider.image]
    required  = true
    keep      = 2
    expire    = "180d"
  }
}

verification "linux" {
  unchanged = ["services", "listeners", "mounts", "failed_units", "broken_packages", "routes", "time"]
  tcp "ssh" {
    port   = 22
    within = "3m"
  }
  on_failure = "rollback"
}

verification "historian" {
  unchanged = ["services", "listeners", "mounts"]
  tcp "historian" {
    port   = 5432
    within = "5m"
  }
  on_failure = "stop"
}

verification "panel" {
  unchanged = ["services"]
  tcp "remote" {
    port   = 5986
    within = "10m"
  }
  on_failure = "stop"
}

# 06:00
policy "gateways" {
  hosts        = group.gateways
  baseline     = baseline.plant
  window       = window.standstill
  preparation  = preparation.linux
  verification = verification.linux
  priority     = 10
  rollout {
    split        = "reboot"
    max_failures = 0
    wave "first" {
      count = 1
      soak  = "30m"
    }
    wave "rest" {
      batch           = 1
      max_unavailable = 1
    }
  }
}

# 07:30
policy "historians" {
  hosts        = group.historians
  baseline     = baseline.plant
  window       = window.standstill
  preparation  = preparation.linux
  verification = verification.historian
  after        = [policy.gateways]
  gap          = "90m"
  rollout {
    split        = "reboot"
    max_failures = 0
    wave "one-by-one" {
      batch           = 1
      max_unavailable = 1
    }
  }
}

# 09:00
policy "panels" {
  hosts        = group.panels
  baseline     = baseline.plant
  window       = window.standstill
  preparation  = preparation.windows
  verification = verification.panel
  after        = [policy.historians]
  gap          = "90m"
  windows_update {
    source = "wsus" # the server in the control room, filled from a disk
  }
  reboot {
    timeout = "60m"
    cycles  = 3
  }
  rollout {
    max_failures = 0
    wave "all" {
      batch = 1
    }
  }
}
