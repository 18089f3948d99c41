source "csv" "s" { # error: source "s" has hosts without a connection; a, b: give the source connection = connection.NAME
  path = "hosts.csv"
}

source "csv" "lost" {
  path       = "lost.csv"
  connection = connection.c
}

connection "c" {
  type = "ssh"
}

connection "w" {
  type     = "winrm"
  user     = "u"
  password = secret("cred:w")
  ca_file  = "ca.pem" # error: there is no certificate in the file of ca_file; It holds certificates in PEM
}

source "command" "path" {
  path = "./inventory" # error: path has no meaning for a source of type command; Name the program
}
