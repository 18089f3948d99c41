preparation "linux" {
  require {
    disk_free = { "/" = "2GiB" }
  }
  restore_point {
    providers = ["packages"]
    required  = true
  }
}

verification "linux" {
  unchanged = ["services", "listeners", "mounts", "failed_units", "broken_packages"]
  tcp "ssh" {
    port   = 22
    within = "2m"
  }
  on_failure = "rollback"
}

# 02:00: what needs no reboot.
policy "linux" {
  hosts        = group.linux
  baseline     = baseline.linux
  window       = window.tuesday-night
  preparation  = preparation.linux
  verification = verification.linux
  priority     = 10
  updates      = "no-reboot"
  notify       = [notify.ops]
  rollout {
    wave "one-by-one" {
      batch = 1
    }
  }
}

# 03:30: what needs one, when the rest has been seen to work.
policy "linux-reboot" {
  hosts        = group.linux
  baseline     = baseline.linux
  window       = window.tuesday-night
  preparation  = preparation.linux
  verification = verification.linux
  after        = [policy.linux]
  gap          = "90m"
  updates      = "reboot"
  notify       = [notify.ops]
  rollout {
    wave "one-by-one" {
      batch = 1
    }
  }
}
