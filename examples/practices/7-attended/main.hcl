# Practice 7: somebody is there the next morning, else nothing is done.

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

calendar "office" {
  timezone = "Europe/Berlin"
  workdays = ["mon", "tue", "wed", "thu", "fri"]
  hours    = "08:00-18:00"
  holidays = ["2026-12-25", "2027-01-01"]
}

# Suspended by itself on nights after which nobody comes in. What no calendar
# knows is said by hand:
#
#   patchwave suspend web --until 2026-12-09T12:00:00+01:00 --reason "all at the fair"
window "friday-night" {
  schedule   = "Fri 01:00"
  duration   = "4h"
  calendar   = calendar.office
  attended   = true
  attendance = "4h" # until 09:00 somebody has come
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

policy "web" {
  hosts        = group.web
  baseline     = baseline.standard
  window       = window.friday-night
  preparation  = preparation.standard
  verification = verification.standard
}
