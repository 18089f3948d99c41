connection "c" {
  type = "ssh"
}

host "a" {
  connection = connection.c
  labels     = { own = "mine" }
}

group "one" {
  members = [host.a]
  labels  = { tier = "prod", own = "one", same = "x" }
}

group "two" {
  members = [host.a]
  labels  = { tier = "test", own = "two", same = "x" } # error: groups contradict each other about label "tier" of host "a"; group.one says "prod", group.two says "test".
}
