verification "db" {
  service "postgresql" {
    state = "running"
  }
  tcp "postgresql" {
    port = 5432
    on   = "host"
  }
  on_failure = "stop"
}

# One by one, and the first failure stops: the other two keep the quorum.
policy "db" {
  hosts        = group.db
  baseline     = baseline.monthly
  preparation  = preparation.keep
  verification = verification.db
  priority     = 90
  rollout {
    wave "one-by-one" {
      batch           = 1
      max_unavailable = 1
      soak            = "10m"
    }
  }
}

policy "bastion" {
  hosts        = host.bastion
  baseline     = baseline.monthly
  preparation  = preparation.keep
  verification = verification.ssh
  priority     = 99
}

verification "ssh" {
  tcp "ssh" {
    port = 22
  }
}
