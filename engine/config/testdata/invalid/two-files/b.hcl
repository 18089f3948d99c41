connection "c" {
  type = "ssh"
}

host "x" { # error: duplicate host "x"; It is first declared at a.hcl:1.
  connection = connection.c
}
