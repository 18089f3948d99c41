calendar "office" {}

window "both" {
  schedule = "Tue 02:00"
  rrule    = "FREQ=DAILY;BYHOUR=2;BYMINUTE=0" # error: window "both" has schedule and rrule; Give exactly one of them.
  duration = "4h"
}

window "none" { # error: window "none" never opens; Give it schedule = "Tue 02:00" or rrule = "…".
  duration = "4h"
}

window "long" { # error: missing argument "duration"
  schedule = "Tue 02:00"
}

window "zero" {
  schedule = "" # error: schedule is empty
  duration = "0s" # error: duration cannot be zero
}

window "year" {
  schedule = "Tue 02:00"
  duration = "367d" # error: a window is open for a year at most; Leave the window out: a policy without one runs only by apply
}

window "bare" {
  schedule = "Tue 02:00"
  duration = 4 # error: duration must be a duration; A bare number has no unit
}

window "words" {
  schedule = "Tuesdy 02:00" # error: is no schedule
  duration = "4h"
  timezone = "Mars/Olympus" # error: there is no time zone "Mars/Olympus"
}

window "past" {
  schedule = "2020-01-01 02:00" # error: window "past" never opens; "2020-01-01 02:00" has no start after now
  duration = "4h"
}

window "zone" {
  schedule = "Tue 02:00 Europe/Berlin" # error: is no schedule
  duration = "4h"
}

window "rule" {
  rrule    = "FREQ=DAILY" # error: is no rrule
  duration = "4h"
}

window "attended" {
  schedule   = "Tue 02:00"
  duration   = "4h"
  attended   = true # error: an attended window needs a calendar; It says when people work
  attendance = "0s" # error: attendance cannot be zero
}

window "unattended" {
  schedule   = "Tue 02:00"
  duration   = "4h"
  attendance = "12h" # error: attendance has no meaning unless attended = true
  calendar   = calendar.ofice # error: there is no calendar "ofice"; Did you mean "office"?
}

window "bare" { # error: duplicate window "bare"; It is first declared at windows.hcl:27.
  schedule = "Tue 02:00"
  duration = "4h"
}
