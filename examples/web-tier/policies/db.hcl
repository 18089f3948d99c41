verification "db" {
  unchanged = ["services", "listeners", "mounts"]
  service "postgresql" {
    state = "running"
  }
  tcp "postgresql" {
    port = 5432
    on   = "host"
  }
  on_failure = "stop"
}

# Never two at a time, whoever asks for it.
availability "db-quorum" {
  hosts           = group.db
  max_unavailable = 1
  command "quorum" {
    run = "patronictl -c /etc/patroni.yml list"
  }
}

# One by one, and the first failure stops: the other two keep the quorum.
policy "db" {
  hosts        = group.db
  baseline     = baseline.monthly
  window       = window.friday-night
  preparation  = preparation.keep
  verification = verification.db
  after        = [policy.web]
  priority     = 90
  notify       = [notify.ops]
  rollout {
    max_failures = 0
    wave "one-by-one" {
      batch           = 1
      max_unavailable = 1
      soak            = "10m"
    }
  }
  notice {
    before = "24h"
  }
}

policy "bastion" {
  hosts        = host.bastion
  baseline     = baseline.monthly
  window       = window.wednesday-noon
  preparation  = preparation.keep
  verification = verification.ssh
  notify       = [notify.ops]
}

verification "ssh" {
  unchanged = ["services", "listeners", "routes"]
  tcp "ssh" {
    port = 22
  }
}
