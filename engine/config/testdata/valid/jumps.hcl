# A jump host is reached without the chain that names it.
connection "inner" {
  type = "ssh"
  jump = [host.gate, host.second]
}

connection "outer" {
  type = "ssh"
  jump = [host.front]
}

connection "front" {
  type = "ssh"
}

connection "here" {
  type = "local"
  become {
    method = "doas"
  }
}

host "gate" {
  connection = connection.outer
}

host "second" {
  connection = connection.inner
}

host "front" {
  connection = connection.front
}

host "deep" {
  connection = connection.inner
}

host "controller" {
  connection = connection.here
}
