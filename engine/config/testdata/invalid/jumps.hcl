connection "a" {
  type = "ssh"
  jump = [host.one]
}

connection "b" {
  type = "ssh"
  jump = [host.two] # error: a cycle among jump hosts; host.one → host.two → host.one.
}

connection "l" {
  type = "local"
}

connection "via-local" {
  type = "ssh"
  jump = [host.here] # error: host "here" is not reached over ssh; A jump host needs a connection of type ssh.
}

connection "via-nobody" {
  type = "ssh"
  jump = [host.nobody] # error: there is no host "nobody"
}

host "one" {
  connection = connection.b
}

host "two" {
  connection = connection.a
}

host "here" {
  connection = connection.l
}
