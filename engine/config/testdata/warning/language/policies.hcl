baseline "monthly" {                              # which updates are approved. First match wins, top to bottom; what no rule matches is not approved
  hold "kernel-freeze" {
    packages = ["linux-image-*", "kernel*"]
    until    = "2027-01-08"
    reason   = "driver certification"
  }
  reject "bad-winre" {
    kbs    = ["KB5034441"]
    reason = "fails on small recovery partitions"
  }
  pin "nginx" {
    packages = ["nginx"]
    version  = "1.24.*"
  }
  approve "exploited" {
    known_exploited = true                        # CISA KEV catalogue, from an imported file
  }
  approve "critical" {
    classification = ["security"]
    severity       = ["critical", "important"]
    after          = "3d"
  }
  approve "quiet" {
    where = !update.reboot && update.classification != "driver"
    after = "14d"
  }
}

calendar "office" {
  timezone = "Europe/Berlin"
  workdays = ["mon", "tue", "wed", "thu", "fri"]
  hours    = "08:00-18:00"
  holidays = ["2026-12-25", "2026-12-26"]         # and ics = "holidays.ics"; one that cannot be read is an error, never "no holidays"
  freeze "year-end" {
    from   = "2026-12-18"
    to     = "2027-01-04"                         # inclusive
    reason = "closing the books"
  }
}

window "tuesday-night" {
  schedule   = "Tue 02:00"                        # systemd OnCalendar grammar; also "2nd Tue +3d 02:00" (days after Patch Tuesday), or rrule = "…"
  duration   = "4h"
  timezone   = "Europe/Berlin"                    # or "host": each host's own local time
  calendar   = calendar.office
  attended   = true                               # suspended unless a working hour begins within `attendance` after it closes
  attendance = "12h"
}

preparation "standard" {                          # runs first, before any rollout
  wake {
    timeout = "5m"
    via     = host.bastion                        # an awake neighbour sends the packet
    then    = "restore"                           # back to sleep after
  }
  require {
    disk_free  = { "/" = "2GiB", "/boot" = "200MiB" }
    clock_skew = "30s"
    no_process = ["backup-agent"]
    no_users   = true
  }
  restore_point {
    providers = ["snapper", "lvm", "zfs", "packages"]
    required  = true
    keep      = 3
    expire    = "14d"
  }
  run "silence" {
    on      = "controller"
    command = ["amtool", "silence", "add", "host=${host.name}"]
    undo    = ["amtool", "silence", "expire", "host=${host.name}"]   # always runs at the end, whatever happened
  }
  run "drain" {
    on     = "host"                               # a failing action stops that host before anything is changed, unless on_failure = "continue"
    script = "systemctl stop haproxy-member"
    undo   = "systemctl start haproxy-member"
  }
}

verification "web" {
  unchanged = ["services", "listeners", "mounts", "failed_units", "broken_packages"]   # health before and after, compared by itself
  service "nginx" {
    state = "running"
  }
  tcp "https" {
    port   = 443
    within = "2m"
  }
  http "front" {
    url    = "https://${host.address}/healthz"
    status = [200]
    body   = "ok"
  }
  command "selftest" {
    run = "/usr/local/bin/selftest"
  }
  on_failure = "rollback"                         # rollback | stop | continue
}

policy "web-prod" {                               # one per device type and OS
  hosts        = group.web
  baseline     = baseline.monthly
  window       = window.tuesday-night
  preparation  = preparation.standard
  verification = verification.web
  after        = [policy.db-prod]                 # order inside a window; else no-reboot first, then the lower priority number
  priority     = 50
  gap          = "90m"                            # launch to launch of two policies in one window; 60m–90m is usual
  updates      = "all"                            # all | no-reboot | reboot
  reboot {
    when    = "required"                          # required | always | never | defer (to `window`)
    timeout = "20m"
    cycles  = 5
    stagger = "2m"
  }
  stage {
    before = "6h"                                 # download ahead of the window
  }
  rollout {
    split        = "reboot"                       # no-reboot updates first, reboot-requiring ones as their own later step
    max_failures = "5%"                           # of the policy's hosts in this rollout, or a number; exceeded, nothing more starts
    counts       = ["failed", "rolled-back", "unreachable"]
    wave "canary" {
      count = 2
      soak  = "24h"                               # the next wave waits for the soak and for the canaries to verify
    }
    wave "early" {
      percent = 10
      batch   = 20
    }
    wave "rest" {
      batch           = "25%"
      max_unavailable = "30%"
    }
  }
  notice {
    before = "24h"                                # the run-up report: what will happen, and what would block it (off, locks, prompts, disk, unattended)
    to     = [notify.ops]
  }
  notify = [notify.ops]
}

policy "db-prod" { # warning: policy "db-prod" has no restore point # warning: policy "db-prod" has no verification
  hosts    = group.db
  baseline = baseline.monthly
  window   = window.tuesday-night
}

notify "ops" {
  url = secret("file:/etc/patchwave/slack")       # shoutrrr URLs; smtp too
  on  = ["missed", "failed", "stopped", "finished", "unreachable"]
}

waiver "legacy-erp" {                             # an exception with an owner and an end
  hosts   = host.db-01
  updates = ["openssl*"]
  until   = "2027-03-31"
  owner   = "platform team"
  reason  = "vendor fix due in the first quarter"
}

standard "internal" {                             # pci-dss, hipaa and cis are built in
  deadline {
    severity = ["critical"]
    within   = "14d"
  }
  deadline {
    classification = ["security"]
    within         = "30d"
  }
}
