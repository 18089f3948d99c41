connection "c" {
  type = "ssh"
}

connection "d" {
  type = "ssh"
}

host "a" {}

host "b" {} # error: host "b" has no connection

group "empty" {} # error: a group without members; Give it members, where, or both.

group "outer" {
  members = [group.inner]
}

group "inner" {
  members = [group.outer, host.a] # error: a cycle among groups; group.outer → group.inner → group.outer.
}

group "gone" {
  members = [host.x, group.y, connection.c] # error: there is no host "x" # error: there is no group "y" # error: a reference to a host or a group is needed here
  labels  = "x" # error: labels must be an object
}

group "first" {
  members    = [host.a]
  connection = connection.c
}

group "second" {
  members    = [host.a]
  connection = connection.d # error: host "a" gets two connections from its groups; group.first says connection.c, group.second says connection.d.
}

group "facts" {
  where      = host.os.family == "debian"
  connection = connection.c # error: group "facts" chooses a connection by facts; Facts come from the hosts, and hosts may lie.
}

group "reads-facts" {
  where = host.kernel == "6.1"
}

group "by-member" {
  members    = [group.reads-facts]
  connection = connection.c # error: Its member group.reads-facts reads them
}

group "typo" {
  members    = [host.a]
  connection = connection.e # error: there is no connection "e"
}
