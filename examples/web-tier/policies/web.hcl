preparation "keep" {
  restore_point {
    providers = ["packages"]
    required  = true
    keep      = 2
    expire    = "14d"
  }
}

# A server is taken out of the load balancer before anything is changed on it,
# and put back whatever happened.
preparation "web" {
  require {
    disk_free  = { "/" = "2GiB", "/boot" = "200MiB" }
    clock_skew = "30s"
  }
  restore_point {
    providers = ["packages"]
    required  = true
    keep      = 2
    expire    = "14d"
  }
  run "drain" {
    script = "touch /var/www/drain && sleep 20"
    undo   = "rm -f /var/www/drain"
  }
}

# Health before and after is compared by itself; the probes say what it is for.
verification "web" {
  unchanged = ["services", "listeners", "mounts", "failed_units", "broken_packages"]
  service "nginx" {
    state = "running"
  }
  tcp "https" {
    port   = 443
    within = "2m"
    on     = "host" # the controller does not get past the bastion
  }
  http "front" {
    url    = "https://${host.name}.${local.domain}/healthz"
    status = [200]
    body   = "ok"
    within = "2m"
    on     = "host"
  }
  command "selftest" {
    run    = "nginx -t"
    become = true
  }
  on_failure = "rollback"
}

# Across all policies, all runs, and an apply by hand.
availability "web" {
  hosts           = group.web
  max_unavailable = "20%"
  tcp "https" {
    port = 443
    on   = "host"
  }
}

policy "web" {
  hosts        = group.web
  baseline     = baseline.monthly
  window       = window.weeknights
  preparation  = preparation.web
  verification = verification.web
  notify       = [notify.ops]
  reboot {
    when    = "required"
    timeout = "15m"
    stagger = "30s"
  }
  stage {
    before = "6h"
  }
  rollout {
    split        = "reboot"
    max_failures = "5%"
    counts       = ["failed", "rolled-back", "unreachable", "lost"]
    wave "canary" {
      count = 2
      batch = 1
      soak  = "20h" # until the next night
    }
    wave "early" {
      percent = 10
      soak    = "1h"
    }
    wave "rest" {
      batch           = "20%"
      max_unavailable = "20%"
    }
  }
  notice {
    before = "12h"
  }
}
