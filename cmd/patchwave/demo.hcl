# How the machines of the demonstration are patched.

group "web" {
  where = host.labels.role == "web"
}

group "db" {
  where  = host.labels.role == "db"
  labels = { critical = "yes" }
}

group "backend" {
  where = host.labels.role == "app" || host.labels.role == "cache"
}

baseline "standard" {
  hold "database-engine" {
    packages = ["postgresql-*"]
    reason   = "upgraded by hand, together with the application"
  }
  approve "security" {
    classification = ["security"]
  }
  approve "everything-else" {
    packages = ["*"]
  }
}

preparation "standard" {
  restore_point {
    providers = ["packages"]
  }
}

verification "web" {
  service "nginx" {
    state  = "running"
    within = "2s"
  }
  on_failure = "rollback"
}

verification "up" {
  service "ssh" {
    state = "running"
  }
  on_failure = "stop"
}

policy "web" {
  hosts        = group.web
  baseline     = baseline.standard
  preparation  = preparation.standard
  verification = verification.web
  priority     = 10
  rollout {
    max_failures = "10%"
    wave "canary" {
      count = 1
    }
    wave "rest" {
      batch = 6
    }
  }
}

policy "backend" {
  hosts        = group.backend
  baseline     = baseline.standard
  preparation  = preparation.standard
  verification = verification.up
  priority     = 20
  rollout {
    max_failures = 1
    wave "all" {
      batch = 4
    }
  }
}

policy "db" {
  hosts        = group.db
  baseline     = baseline.standard
  preparation  = preparation.standard
  verification = verification.up
  priority     = 30
  rollout {
    wave "one-at-a-time" {
      batch = 1
    }
  }
}

# Windows.

group "web-windows" {
  where = host.labels.role == "iis"
}

group "workstations" {
  where = host.labels.role == "pc"
}

verification "iis" {
  service "W3SVC" {
    state  = "running"
    within = "5s"
  }
  on_failure = "stop"
}

preparation "workstation" {
  restore_point {
    providers = ["system_restore", "packages"]
  }
}

verification "workstation" {
  service "Spooler" {
    state  = "running"
    within = "5s"
  }
}

policy "web-windows" {
  hosts        = group.web-windows
  baseline     = baseline.standard
  preparation  = preparation.standard
  verification = verification.iis
  priority     = 40
  windows_update {
    accept_eula = true # the removal tool has terms
  }
  rollout {
    max_failures = 1
    wave "canary" {
      count = 1
    }
    wave "rest" {
      batch = 3
    }
  }
}

policy "workstations" {
  hosts        = group.workstations
  baseline     = baseline.standard
  preparation  = preparation.workstation
  verification = verification.workstation
  priority     = 50
  rollout {
    wave "all" {
      batch = 2
    }
  }
}
