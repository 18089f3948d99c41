connection "c" {
  type = "ssh"
}

host "a b" { # error: "a b" is no host name; Names are letters
  connection = connection.c
}

host "none" {} # error: host "none" has no connection; Give it connection = connection.NAME

host "typo" {
  connection = connection.d # error: there is no connection "d"
}

host "quoted" {
  connection = "connection.c" # error: a reference is needed here; A reference is written out, never computed: connection.NAME. Leave out the quotes: connection.c.
}

host "bare" {
  connection = "c" # error: Did you mean connection.c?
}

host "computed" {
  connection = true ? connection.c : connection.c # error: a reference is needed here
}

host "other" {
  connection = group.c # error: a reference to a connection is needed here; This one is to a group.
}

host "short" {
  connection = connection # error: this reference is not complete; Write connection.NAME, or connection["NAME"]
}

host "address" {
  connection = connection.c
  address    = "10.0.0.1:22" # error: "10.0.0.1:22" is no address; Write a DNS name or an IP address; user and port belong to the connection.
  labels     = ["web"] # error: labels must be an object
  vars       = "x" # error: vars must be an object
  timezone   = "Local" # error: there is no time zone "Local"
  depends_on = [host.nobody, host.address] # error: there is no host "nobody" # error: a cycle among hosts that depend on each other; host.address → host.address.
}

host "labels" {
  connection = connection.c
  labels     = { "a b" = "x", list = [], gone = null } # error: "a b" is no name for a label # error: label "list" must be a string # error: label "gone" must be a string
}

host "control" {
  connection = connection.c
  labels     = { x = "a\nb" } # error: label "x" has a control character in it
}

host "dash" {
  connection = connection.c
  address    = "-oProxyCommand=x" # error: is no address
  mca        = "52:54:00:00:00:01" # error: Did you mean "mac"?
  locals {} # error: Blocks of type "locals" are not expected here.
}

host "dash" { # error: duplicate host "dash"; It is first declared at hosts.hcl:54.
  connection = connection.c
}

host "DASH" { # error: host "DASH" differs from "dash" only in case
  connection = connection.c
}

host "one" {
  connection = connection.c
  depends_on = [host.three]
}

host "two" {
  connection = connection.c
  depends_on = [host.one]
}

host "three" {
  connection = connection.c
  depends_on = [host.two] # error: a cycle among hosts that depend on each other; host.one → host.three → host.two → host.one.
}
