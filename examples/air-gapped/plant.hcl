patchwave {
  database    = "/var/lib/patchwave/patchwave.db"
  timezone    = "Europe/Berlin"
  parallelism = 5
}

# No names are resolved in this network: addresses, and a key each host is known by.
connection "linux" {
  type           = "ssh"
  user           = "patch"
  identity_files = ["/etc/patchwave/id_ed25519"]
  host_keys      = "strict"
  become {
    password = secret("cred:sudo")
  }
  timeouts {
    connect = "20s"
  }
}

connection "windows" {
  type               = "winrm"
  https              = true
  auth               = "basic"
  user               = "patch"
  password           = secret("cred:winrm")
  server_fingerprint = "sha256:5f2b1c0e8a7d4f6390b1e2d3c4a5968778695a4b3c2d1e0f0123456789abcdef"
}

# Gateways to the machines: Debian, updated from the mirror in the control room.
host "gw-[1:4]" {
  address    = "172.20.1.${each.number}"
  connection = connection.linux
  labels     = { role = "gateway" }
}

# What the machines report is written down here, twice.
host "hist-[1:2]" {
  address    = "172.20.2.${each.number}"
  connection = connection.linux
  labels     = { role = "historian" }
}

# The panel in the control room.
host "hmi-1" {
  address    = "172.20.3.1"
  connection = connection.windows
  labels     = { role = "panel" }
}

group "gateways" {
  where = host.labels.role == "gateway"
}

group "historians" {
  where  = host.labels.role == "historian"
  labels = { critical = "yes" }
}

group "panels" {
  where  = host.labels.role == "panel"
  labels = { critical = "yes" }
}

availability "historian" {
  hosts       = group.historians
  min_healthy = 1
  tcp "historian" {
    port = 5432
  }
}
