calendar "feasts" {
  timezone = "Europe/Berlin"
  holidays = ["2026-12-24", "2026-12-24"] # warning: "2026-12-24" stands twice in holidays
  ics      = "feasts.ics" # warning: there is something about the calendar file
}

calendar "past" {
  ics = "past.ics" # warning: There is no holiday between 2024-01-01 and 2031-12-31 in it
}
