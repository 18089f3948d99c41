# One of every kind of source whose output is a file.
connection "linux" {
  type = "ssh"
  user = "patch"
}

connection "windows" {
  type     = "winrm"
  user     = "patch"
  password = secret("cred:winrm")
}

source "ansible" "legacy" {
  path       = "hosts.ini"
  connection = connection.linux
}

source "ansible" "yaml" {
  path       = "inventory"
  connection = connection.linux
}

source "csv" "table" {
  path       = "table.csv"
  connection = connection.linux
}

source "json" "cmdb" {
  path       = "cmdb.json"
  connection = connection.linux
}

source "ssh_config" "mine" {
  path       = "ssh_config"
  connection = connection.linux
}

site "fra1" {
  parallelism  = 50
  connect_rate = 20
}

# Hosts and groups of a source are named as if they stood here.
group "named" {
  members = [host.old-01, host["db1.example.net"], group.old]
}

host "proxy" {
  connection = connection.linux
  depends_on = [host.old-02]
}
