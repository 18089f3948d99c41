preparation "keep" {
  restore_point {
    providers = ["packages"]
    required  = true
    keep      = 2
    expire    = "14d"
  }
}

verification "web" {
  service "nginx" {
    state = "running"
  }
  tcp "https" {
    port   = 443
    within = "2m"
  }
  command "selftest" {
    run    = "nginx -t"
    become = true
  }
  on_failure = "rollback"
}

policy "web" {
  hosts        = group.web
  baseline     = baseline.monthly
  preparation  = preparation.keep
  verification = verification.web
  reboot {
    when    = "required"
    timeout = "15m"
    stagger = "30s"
  }
  rollout {
    max_failures = "5%"
    wave "canary" {
      count = 2
      batch = 1
      soak  = "24h"
    }
    wave "early" {
      percent = 10
    }
    wave "rest" {
      batch           = "20%"
      max_unavailable = "20%"
    }
  }
}
