patchwave {
  database    = "/var/lib/patchwave/patchwave.db"
  timezone    = "Europe/Berlin"
  parallelism = 20
}

connection "linux" {
  type           = "ssh"
  user           = "patch"
  identity_files = ["/etc/patchwave/id_ed25519"]
  become {
    password = secret("cred:sudo")
  }
}

# pg-1 is the leader on ordinary days. Both others are patched, and follow it
# again, before it is touched.
host "pg-1" {
  address    = "10.0.2.1"
  depends_on = [host.pg-2, host.pg-3]
}

host "pg-[2:3]" {
  address = "10.0.2.${each.number}"
}

host "etcd-[1:3]" {
  address = "10.0.3.${each.number}"
}

# The connection poolers keep no data. They are patched first.
host "pool-[1:2]" {
  address = "10.0.4.${each.number}"
}

# Critical groups: each has a policy of its own, and validate warns if it ever
# shares one with others.
group "postgres" {
  members    = [host.pg-1, host.pg-2, host.pg-3]
  labels     = { role = "postgres", critical = "yes" }
  connection = connection.linux
}

group "etcd" {
  members    = [host.etcd-1, host.etcd-2, host.etcd-3]
  labels     = { role = "etcd", critical = "yes" }
  connection = connection.linux
}

group "pool" {
  members    = [host.pool-1, host.pool-2]
  labels     = { role = "pool" }
  connection = connection.linux
}
