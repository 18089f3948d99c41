group "a" {
  where = host.nmae == "x" # error: host has no attribute "nmae"; It has address, groups, kernel, labels, last_seen, name, os, package_manager, policies, reboot_required, site, timezone, vars, virtual. Did you mean "name"?
}

group "b" {
  where = host.os.famliy == "x" # error: host.os has no attribute "famliy"; it has family, name, version
}

group "c" {
  where = host == null # error: host cannot be used as a whole
}

group "d" {
  where = host.name # error: a condition must be true or false; This one is a string.
}

group "e" {
  where = update.name == "x" # error: update is not known here
}

group "f" {
  where = contains(host.groups, "web") # error: host.groups is not known here
}

group "g" {
  where = length(host.policies) == 0 # error: host.policies is not known here
}

group "h" {
  where = host.labels.a.b == "x" # error: a label is a string and has no parts; for a name with dots write host.labels["a.b"]
}

group "i" {
  where = host.labels[0] == "x" # error: a label has a name, not a number
}

group "j" {
  where = anytrue([for host in ["x"] : true]) # error: host cannot be the name of a loop's variable
}

group "k" {
  where = hots.name == "x" # error: there is nothing called "hots" here
}

group "l" {
  where = host.labels && true # error: invalid operand
}

group "m" {
  where = var.nothing == host.name # error: there is no variable "nothing"
}

group "n" {
  where = regx("x", host.name) # error: there is no function "regx"; Did you mean "regex"?
}

group "o" {
  where = regex("(", "x") == host.name # error: regex() failed
}

baseline "b" {
  approve "a" {
    where = update.sevrity == "critical" # error: update has no attribute "sevrity"
  }
  approve "b" {
    where = host.name == "x" && update.nothing # error: update has no attribute "nothing"
  }
}
