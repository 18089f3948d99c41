# What must hold whatever runs: across every policy, every run, and an apply by
# hand. It is asked anew before, during and after each member.

availability "etcd-quorum" {
  hosts           = group.etcd
  max_unavailable = 1
  command "quorum" {
    run = "etcdctl endpoint health --cluster"
  }
}

availability "postgres-copies" {
  hosts       = group.postgres
  min_healthy = 2
  http "patroni" {
    url    = "http://${host.address}:8008/health"
    status = [200]
  }
}

availability "pool" {
  hosts           = group.pool
  max_unavailable = 1
  tcp "pgbouncer" {
    port = 6432
  }
}
