# Two application servers that are patched every week and rebooted only on Sundays:
# on Tuesday night what is replaced works without a reboot, or waits for it.

patchwave {
  database = "/var/lib/patchwave/patchwave.db"
  timezone = "Europe/Berlin"
}

connection "linux" {
  type           = "ssh"
  user           = "patch"
  identity_files = ["/etc/patchwave/id_ed25519"]
  become {
    password = secret("cred:sudo")
  }
}

host "app-[1:2]" {
  address    = "10.3.1.${each.number}"
  connection = connection.linux
}

group "app" {
  members = [host.app-1, host.app-2]
}

baseline "app" {
  approve "security" {
    classification = ["security"]
    after          = "2d"
  }
  approve "rest" {
    packages = ["*"]
    after    = "10d"
  }
}

window "tuesday-night" {
  schedule = "Tue 02:00"
  duration = "3h"
}

# Nobody works on the application then, so that it may be away for a while.
window "sunday-morning" {
  schedule = "Sun 06:00"
  duration = "3h"
}

preparation "safe" {
  restore_point {
    providers = ["packages"]
  }
}

verification "app" {
  unchanged = ["services", "listeners"]
  tcp "app" {
    port   = 8443
    within = "2m"
  }
  on_failure = "rollback"
}

policy "app" {
  hosts        = group.app
  baseline     = baseline.app
  window       = window.tuesday-night
  preparation  = preparation.safe
  verification = verification.app
  # The same night installs and verifies; the reboot is owed until Sunday.
  reboot {
    when   = "defer"
    window = window.sunday-morning
  }
  rollout {
    wave "one-by-one" {
      batch = 1
    }
  }
}
