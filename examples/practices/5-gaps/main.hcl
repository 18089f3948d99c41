# Practice 5: 60 to 90 minutes between policy groups, those of low priority that need
# no reboot first, unless dependencies say otherwise.

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

host "print" {
  connection = connection.linux
}

host "files" {
  connection = connection.linux
}

host "db" {
  connection = connection.linux
}

host "app" {
  connection = connection.linux
}

window "tuesday-night" {
  schedule = "Tue 02:00"
  duration = "6h"
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

preparation "standard" {
  restore_point {
    providers = ["packages"]
    required  = true
  }
}

verification "standard" {
  tcp "ssh" {
    port = 22
  }
}

# 02:00: no reboot, and the lower number.
policy "print" {
  hosts        = host.print
  baseline     = baseline.standard
  window       = window.tuesday-night
  preparation  = preparation.standard
  verification = verification.standard
  updates      = "no-reboot"
  priority     = 10
  gap          = "60m"
}

# 03:00: no reboot.
policy "files" {
  hosts        = host.files
  baseline     = baseline.standard
  window       = window.tuesday-night
  preparation  = preparation.standard
  verification = verification.standard
  updates      = "no-reboot"
  priority     = 20
  gap          = "60m"
}

# 06:00, for all that its number is the lowest: the application needs its database,
# which comes before it.
policy "app" {
  hosts        = host.app
  baseline     = baseline.standard
  window       = window.tuesday-night
  preparation  = preparation.standard
  verification = verification.standard
  after        = [policy.db]
  priority     = 1
  gap          = "90m"
}

# 04:30: it may reboot.
policy "db" {
  hosts        = host.db
  baseline     = baseline.standard
  window       = window.tuesday-night
  preparation  = preparation.standard
  verification = verification.standard
  priority     = 30
  gap          = "90m"
}
