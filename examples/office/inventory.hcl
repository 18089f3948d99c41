patchwave {
  database = "/var/lib/patchwave/patchwave.db"
  timezone = "Europe/Berlin"
}

connection "linux" {
  type           = "ssh"
  user           = "patch"
  identity_files = ["/etc/patchwave/id_ed25519"]
  become {
    password = secret("cred:sudo")
  }
}

connection "windows" {
  type     = "winrm"
  https    = true
  auth     = "ntlm"
  user     = "CORP\\patch"
  password = secret("cred:winrm")
  ca_file  = "corp-ca.pem" # the authority that signed the machines' certificates
}

site "berlin" {
  parallelism = 40
}

# A branch behind a thin line: few connections, and slowly.
site "lisbon" {
  parallelism  = 4
  connect_rate = 2
}

host "mail" {
  address    = "10.1.0.10"
  connection = connection.linux
  site       = site.berlin
  labels     = { os = "linux", role = "mail" }
}

host "files" {
  address    = "10.1.0.11"
  connection = connection.linux
  site       = site.berlin
  labels     = { os = "linux", role = "files" }
}

# The one machine in Berlin's office network that never sleeps.
host "print" {
  address    = "10.1.0.12"
  connection = connection.linux
  site       = site.berlin
  labels     = { os = "linux", role = "print" }
}

host "app-[1:2]" {
  address    = "10.1.1.${each.number}"
  connection = connection.windows
  site       = site.berlin
  labels     = { os = "windows", role = "server" }
}

host "dc-[1:2]" {
  address    = "10.1.2.${each.number}"
  connection = connection.windows
  site       = site.berlin
  labels     = { os = "windows", role = "domain" }
}

host "pc-[01:20]" {
  address    = "10.1.9.${each.number}"
  connection = connection.windows
  site       = site.berlin
  timezone   = "Europe/Berlin"
  mac        = "52:54:00:01:09:${each.index}"
  labels     = { os = "windows", role = "desktop" }
}

# Nobody there could send the packet that wakes them: they are left on.
host "pc-lis-[01:05]" {
  address    = "10.2.9.${each.number}"
  connection = connection.windows
  site       = site.lisbon
  timezone   = "Europe/Lisbon"
  labels     = { os = "windows", role = "desktop" }
}

group "linux" {
  where = host.labels.os == "linux"
}

group "servers" {
  where = host.labels.role == "server"
}

group "desktops" {
  where = host.labels.role == "desktop" && host.site == "berlin"
}

group "desktops-lisbon" {
  where = host.labels.role == "desktop" && host.site == "lisbon"
}

# Without them nobody can log in: critical, in a policy of their own.
group "domain" {
  where  = host.labels.role == "domain"
  labels = { critical = "yes" }
}
