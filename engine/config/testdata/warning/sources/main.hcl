connection "c" {
  type = "ssh"
}

source "ansible" "mixed" { # warning: source "mixed" holds secrets; They were left out: ansible_password.
  path       = "mixed.ini"
  connection = connection.c
}

source "json" "nothing" { # warning: source "nothing" has no hosts
  path       = "nothing.json"
  connection = connection.c
}

source "command" "cloud" {
  command    = ["./cloud", "--list"] # warning: source "cloud" has not run yet; Its hosts are not known. It runs with the next command that contacts hosts, such as scan.
  connection = connection.c
}

group "g" {
  members = [host.cloud-01] # warning: host.cloud-01 is not declared; Perhaps source "cloud" has it, which has not run yet.
}
