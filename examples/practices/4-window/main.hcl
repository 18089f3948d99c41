# Practice 4: a regular window when nobody works, never on the evening before days
# off.

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
  holidays = ["2026-12-24", "2026-12-25", "2027-01-01", "2027-03-26", "2027-03-29"]
}

# Late in the evening, with two working days behind it. Nobody is there to be
# disturbed, and the next morning somebody is there to look. validate warns of
# "Fri 22:00"; a Thursday before a holiday is left out because of attended.
window "evening" {
  schedule = "Tue..Thu 22:00"
  duration = "4h"
  calendar = calendar.office
  attended = true
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
  window       = window.evening
  preparation  = preparation.standard
  verification = verification.standard
}
