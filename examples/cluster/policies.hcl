calendar "dba" {
  workdays = ["mon", "tue", "wed", "thu", "fri"]
  hours    = "08:00-18:00"
  holidays = ["2026-12-24", "2026-12-25", "2026-12-31", "2027-01-01", "2027-03-26", "2027-03-29"]
  freeze "quarter-end" {
    from   = "2026-12-28"
    to     = "2027-01-05"
    reason = "the books of the year are closed"
  }
}

# It closes at 08:00, and at 08:00 somebody who knows the database comes in.
# A Wednesday on which nobody does is left out.
window "wednesday-night" {
  schedule   = "Wed 02:00"
  duration   = "6h"
  calendar   = calendar.dba
  attended   = true
  attendance = "2h"
}

notify "dba" {
  url = secret("file:/etc/patchwave/notify-dba")
  on  = ["missed", "failed", "stopped", "unreachable", "rollback-failed"]
}

preparation "careful" {
  require {
    disk_free  = { "/" = "4GiB", "/boot" = "200MiB" }
    clock_skew = "2s"
    no_process = ["pg_dump", "pgbackrest"]
  }
  restore_point {
    providers = ["packages"]
    required  = true
    keep      = 3
    expire    = "30d"
  }
  run "silence" {
    on      = "controller"
    command = ["amtool", "silence", "add", "--duration=1h", "--comment=patchwave", "instance=${host.name}"]
    undo    = ["/usr/local/bin/end-silence", "${host.name}"]
  }
}

# The same, and a leader hands over before its packages are replaced.
preparation "postgres" {
  require {
    disk_free  = { "/" = "4GiB", "/var/lib/postgresql" = "10GiB" }
    clock_skew = "2s"
    no_process = ["pg_dump", "pgbackrest"]
  }
  restore_point {
    providers = ["packages"]
    required  = true
  }
  run "hand-over" {
    script = <<-SH
      if patronictl -c /etc/patroni.yml list -f tsv | grep -w "$(hostname)" | grep -qw Leader; then
        patronictl -c /etc/patroni.yml switchover --leader "$(hostname)" --force
      fi
    SH
  }
}

verification "postgres" {
  unchanged = ["services", "listeners", "mounts", "failed_units"]
  service "patroni" {}
  http "replica" {
    url    = "http://${host.address}:8008/health"
    status = [200]
    within = "5m"
  }
  command "lag" {
    run    = "patronictl -c /etc/patroni.yml list -f json | /usr/local/bin/lag-below 16MB"
    within = "10m"
  }
  on_failure = "stop" # a database is not taken back by a machine
}

verification "etcd" {
  unchanged = ["services", "listeners", "failed_units"]
  command "member" {
    run    = "etcdctl endpoint health"
    within = "3m"
  }
  on_failure = "stop"
}

verification "pool" {
  service "pgbouncer" {}
  tcp "pgbouncer" {
    port   = 6432
    within = "1m"
  }
  on_failure = "rollback"
}

# 02:00: no data, no reboot, and a way back.
policy "pool" {
  hosts        = group.pool
  baseline     = baseline.database
  window       = window.wednesday-night
  preparation  = preparation.careful
  verification = verification.pool
  priority     = 10
  updates      = "no-reboot"
  rollout {
    wave "one-by-one" {
      batch           = 1
      max_unavailable = 1
    }
  }
}

# 03:00
policy "etcd" {
  hosts        = group.etcd
  baseline     = baseline.database
  window       = window.wednesday-night
  preparation  = preparation.careful
  verification = verification.etcd
  after        = [policy.pool]
  gap          = "60m"
  notify       = [notify.dba]
  rollout {
    max_failures = 0
    wave "one-by-one" {
      batch           = 1
      max_unavailable = 1
    }
  }
}

# 04:30, and only if etcd has finished: it decides who leads.
policy "postgres" {
  hosts        = group.postgres
  baseline     = baseline.database
  window       = window.wednesday-night
  preparation  = preparation.postgres
  verification = verification.postgres
  after        = [policy.etcd]
  gap          = "90m"
  notify       = [notify.dba]
  reboot {
    timeout = "30m"
  }
  rollout {
    split        = "reboot"
    max_failures = 0
    wave "replicas" {
      count = 2
      batch = 1
      soak  = "10m"
    }
    wave "leader" {
      batch = 1
    }
  }
  notice {
    before = "24h"
    to     = [notify.dba]
  }
}

# 06:00: the poolers' kernels, when everything behind them stands again.
policy "pool-reboot" {
  hosts        = group.pool
  baseline     = baseline.database
  window       = window.wednesday-night
  preparation  = preparation.careful
  verification = verification.pool
  after        = [policy.postgres]
  gap          = "90m"
  updates      = "reboot"
  rollout {
    max_failures = 0
    wave "one-by-one" {
      batch           = 1
      max_unavailable = 1
    }
  }
}
