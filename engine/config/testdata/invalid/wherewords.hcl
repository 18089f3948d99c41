# Words that no update has, and patterns that are none, in conditions.

locals {
  wanted = "crtical"
}

connection "c" {
  type = "ssh"
}

host "h" {
  connection = connection.c
}

group "prefix" {
  where = cidrcontains("10.0.0.0/33", host.address) # error: cidrcontains() failed; "10.0.0.0/33" is no prefix such as 10.0.0.0/8.
}

group "pattern" {
  where = glob("web-[", host.name) # error: glob() failed; A bracket [ in the pattern is not closed.
}

group "fine" {
  where = glob("web-*", host.name) && cidrcontains("10.0.0.0/8", host.address) && contains(["a"], host.labels.a)
}

baseline "b" {
  approve "severity" {
    where = update.severity == "critcal" # error: "critcal" is no severity; It must be one of critical, important, moderate, low, unknown. Did you mean "critical"?
  }
  approve "local" {
    where = local.wanted != update.severity # error: "crtical" is no severity
  }
  approve "class" {
    where = !update.reboot && update.classification != "drivers" # error: "drivers" is no classification; It must be one of
  }
  approve "list" {
    where = contains(["security", "bug"], update.classification) # error: "bug" is no classification
  }
  approve "fine" {
    where = update.severity == "critical" && contains(["security"], update.classification) && update.name != "critcal" && update.severity != host.labels.severity
  }
}
