calendar "wrong" {
  timezone = "Europe/Berlni" # error: there is no time zone "Europe/Berlni"
  workdays = ["mon", "tues", "MON"] # error: Did you mean "tue"? # error: "MON" is no value of workdays
  hours    = "8-18" # error: "8-18" are no working hours
  holidays = ["2026-02-30", "25.12.2026", "2026-12-25 ", 5] # error: "2026-02-30" is no date; February 2026 has 28 days. # error: "25.12.2026" is no date # error: "2026-12-25 " is no date # error: "5" is no date
  ics      = "none.ics" # error: no such file or directory
  freeze "back" {
    from = "2027-01-04"
    to   = "2026-12-18" # error: freeze "back" ends before it begins; Both days are included; exchange them.
  }
  freeze "half" { # error: missing argument "to"
    from   = "2026-13-01" # error: "2026-13-01" is no date
    reason = "" # error: reason is empty
  }
  freeze "half" { # error: duplicate freeze "half"
    from = "2026-12-01"
    to   = "2026-12-01"
  }
  freeze {} # error: missing name for freeze
}

calendar "empty" {
  workdays = [] # error: workdays is empty
  hours    = "08:00-25:00" # error: "08:00-25:00" are no working hours
  holiday  = [] # error: Did you mean "holidays"?
}

calendar "EMPTY" {} # error: calendar "EMPTY" differs from "empty" only in case
