connection "c" {
  type = "ssh"
}

host "a-[0:65535]" {
  connection = connection.c
}

host "b-[0:65535]" {
  connection = connection.c
}

host "c-[0:65535]" {
  connection = connection.c
}

host "d-[0:65535]" {
  connection = connection.c
}

host "e-[0:65535]" { # error: too many hosts; One configuration has 262144 hosts at most
  connection = connection.c
}

host "f-[0:65535]" {
  connection = connection.c
}
