# What a sentence says to somebody who does not know the code.

timezone = "Europe/Berlin" # error: Put timezone into a patchwave block: patchwave { … }.

host { # error: missing name for host; Write host "NAME" { … }.
}

host "two" "names" { # error: extraneous label for host; Write host "NAME" { … }.
}

host "counted" {
  count    = 2          # error: count is not part of this language. A host named "web-[01:50]" stands for fifty.
  for_each = ["a", "b"] # error: for_each is not part of this language.
  connection = connection.c
}

host "none" {
  connection = null # error: a reference to a connection is needed here; Leave the argument out where it has no value.
}

host "each[1:2]" {
  connection = connection.c
  address    = each.value # error: each has no attribute "value"; It has index, name, number.
}

connection "c" {
  type = "ssh"
  user = "-x" # error: "-x" is no user name; A name has no spaces, no control characters and no dash in front.
}

variable "v" {
  default = local.x # error: there is nothing called "local" here; Text stands in quotes
}

availability "a" { # error: missing argument "hosts"; An availability block needs hosts = ….
  max_unavailable = 1
}

calendar "c" {
  workdays = ["monday"] # error: "monday" is no value of workdays; It must be one of sun, mon, tue, wed, thu, fri, sat. Did you mean "mon"?
  hours    = "8-18" # error: "8-18" are no working hours; Write them as "08:00-18:00".
  holidays = ["2028-02-30", "2027-13-01", "2027-00-10"] # error: "2028-02-30" is no date; February 2028 has 29 days. # error: "2027-13-01" is no date; There is no such month in 2027. # error: "2027-00-10" is no date; There is no such month
}

window "w" {
  schedule = "Tue 25:00" # error: "Tue 25:00" is no schedule; Hour "25": out of range, write 0 to 23.
  duration = "1h"
}

window "r" {
  rrule    = "FREQ=DAILY" # error: "FREQ=DAILY" is no rrule; The time of day is missing: write BYHOUR and BYMINUTE
  duration = "1h"
}

baseline "b" {
  dynamic "approve" { # error: dynamic is not part of this language.
  }
}

preparation "p" {
  require "x" { # error: extraneous label for require; Write require { … }, without a name.
  }
}
