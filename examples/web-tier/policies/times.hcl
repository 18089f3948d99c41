calendar "operations" {
  workdays = ["mon", "tue", "wed", "thu", "fri"]
  hours    = "08:00-18:00"
  holidays = ["2026-12-24", "2026-12-25", "2026-12-31", "2027-01-01", "2027-03-26", "2027-03-29"]
  freeze "season" {
    from   = "2026-12-12"
    to     = "2027-01-03"
    reason = "most of the year's orders"
  }
}

# Four nights in a row: the canaries in one, and when they have soaked for a day
# the others in the next. No night to a Saturday or a Sunday.
window "weeknights" {
  schedule = "Mon..Thu 02:00"
  duration = "4h"
  calendar = calendar.operations
  attended = true
}

# The night after, for what the web servers stand on.
window "friday-night" {
  schedule = "Fri 02:00"
  duration = "4h"
  calendar = calendar.operations
  attended = true
}

# The way in: when people are there, and nothing runs through it.
window "wednesday-noon" {
  schedule = "Wed 12:30"
  duration = "1h"
  calendar = calendar.operations
  attended = true
}

notify "ops" {
  url = secret("cred:notify")
  on  = ["missed", "failed", "stopped", "unreachable", "rollback-failed"]
}
