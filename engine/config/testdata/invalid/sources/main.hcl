connection "c" {
  type = "ssh"
}

host "dup-01" {
  connection = connection.c
}

source "ansible" "twice" { # error: host "dup-01" of source "twice" is declared already; It is first declared at main.hcl:5; leave it out of one of them.
  path       = "dup.ini"
  connection = connection.c
}

source "ansibel" "type" {} # error: "ansibel" is no type of source

source "csv" "gone" {
  path = "gone.csv" # error: no such file or directory
}

source "csv" "bad" {
  path = "bad.csv" # error: source "bad" cannot be understood
}

source "csv" "nopath" {} # error: missing argument "path"; A source of type csv is read from a file

source "csv" "empty" {
  path = "" # error: path is empty
}

source "csv" "folder" {
  path = "." # error: source "folder" cannot be read
}

source "csv" "both" {
  path    = "bad.csv"
  command = ["x"] # error: source "both" cannot be understood; bad.csv:1: the table has no column # error: command has no meaning for a source of type csv
}

source "command" "none" {} # error: missing argument "command"

source "command" "path" {
  path    = "x" # error: path has no meaning for a source of type command
  command = ["list", host.name] # error: an attribute of a host cannot be used here
}

source "command" "text" {
  command = "list" # error: command must be a list
}

source "csv" "twice" { # error: duplicate source "twice"
  path = "bad.csv"
}

source "csv" { # error: missing name for source
}

source "csv" "gone2" {
  path       = "ok.csv"
  connection = connection.d # error: there is no connection "d"
}

source "ssh_config" "home" { # error: source "home" cannot be read
  connection = connection.c
}

source "json" "jump" {
  path       = "jump.json"
  connection = connection.c
}
