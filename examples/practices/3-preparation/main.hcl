# Practice 3: before anything else a preparation with a restore point, and whatever
# else an administrator does at that time.

patchwave {
  timezone = "Europe/Berlin"
}

connection "linux" {
  type = "ssh"
  user = "patch"
  become {
    method = "sudo"
  }
}

host "web-[1:2]" {
  connection = connection.linux
}

group "web" {
  members = [host.web-1, host.web-2]
}

baseline "standard" {
  approve "security" {
    classification = ["security"]
  }
  approve "rest" {
    packages = ["*"]
    after    = "7d"
  }
}

# In this order, on each host, before its first update. Whatever fails here stops
# that host, and nothing has been changed on it.
preparation "first" {
  require {
    disk_free = { "/" = "2GiB" }
  }
  # No point, no update.
  restore_point {
    providers = ["packages"]
    required  = true
    keep      = 3
    expire    = "14d"
  }
  # Undone at the end, whatever happened in between, the last one first.
  run "silence" {
    on      = "controller"
    command = ["/usr/local/bin/silence", "add", "${host.name}"]
    undo    = ["/usr/local/bin/silence", "remove", "${host.name}"]
  }
  run "drain" {
    on     = "host"
    script = "systemctl stop haproxy-member"
    undo   = "systemctl start haproxy-member"
  }
}

verification "web" {
  tcp "ssh" {
    port = 22
  }
  on_failure = "rollback" # to that point
}

policy "web" {
  hosts        = group.web
  baseline     = baseline.standard
  preparation  = preparation.first
  verification = verification.web
}
