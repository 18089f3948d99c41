# A day ends in the zone of patchwave, wherever its block stands: in Auckland it is the 24th already.
baseline "b" {
  hold "over" {
    packages = ["x"]
    until    = "2026-11-23" # warning: hold "over" ended on 2026-11-23
  }
}

patchwave {
  timezone = "Pacific/Auckland"
}
