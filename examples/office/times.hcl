calendar "office" {
  timezone = "Europe/Berlin"
  workdays = ["mon", "tue", "wed", "thu", "fri"]
  hours    = "08:00-18:00"
  ics      = "holidays.ics"
  freeze "year-end" {
    from   = "2026-12-18"
    to     = "2027-01-04"
    reason = "closing the books"
  }
}

# Linux, every week. Tuesday: Monday is left to find out what the weekend broke.
window "tuesday-night" {
  schedule = "Tue 02:00"
  duration = "4h"
  calendar = calendar.office
  attended = true
}

# Windows servers, eight days after Patch Tuesday: the night to a Wednesday.
window "patch-tuesday" {
  schedule = "2nd Tue +8d 02:00"
  duration = "4h"
  calendar = calendar.office
  attended = true
}

# Desktops, two days after Patch Tuesday: a Thursday evening, in each machine's
# own time. Where the Friday is a holiday nobody would be there to help, so that
# attended leaves that evening out.
window "thursday-evening" {
  schedule = "2nd Tue +2d 19:00"
  duration = "4h"
  timezone = "host"
  calendar = calendar.office
  attended = true
}

notify "ops" {
  url = secret("file:/etc/patchwave/notify-ops")
  on  = ["missed", "failed", "stopped", "unreachable", "suspended"]
}
