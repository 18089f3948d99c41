test "etcd is held until the team has decided" {
  now = "2027-01-13T02:00:00+01:00"
  host "etcd-1" {
    os = { family = "debian" }
    updates = [
      { name = "etcd-server", version = "3.6.1-1", classification = "security", severity = "critical", published = "2027-01-02T00:00:00Z" },
    ]
  }
  expect {
    host     = "etcd-1"
    update   = "etcd-server"
    decision = "held"
    rule     = "etcd"
  }
}

test "after the hold has ended its age decides" {
  now = "2027-04-07T02:00:00+02:00"
  host "etcd-1" {
    os = { family = "debian" }
    updates = [
      { name = "etcd-server", version = "3.6.1-1", classification = "security", severity = "critical", published = "2027-01-02T00:00:00Z" },
    ]
  }
  expect {
    host     = "etcd-1"
    update   = "etcd-server"
    decision = "approved"
    rule     = "urgent"
  }
}

test "a minor version of postgresql is taken, a major one never" {
  now = "2027-01-13T02:00:00+01:00"
  host "pg-2" {
    os = { family = "debian" }
    updates = [
      { name = "postgresql-16", version = "16.7-1.pgdg120+1", classification = "bugfix", published = "2027-01-12T00:00:00Z" },
      { name = "postgresql-17", version = "17.3-1.pgdg120+1", classification = "security", published = "2026-12-01T00:00:00Z" },
    ]
  }
  expect {
    host     = "pg-2"
    update   = "postgresql-16"
    decision = "approved"
    rule     = "postgresql"
  }
  expect {
    host     = "pg-2"
    update   = "postgresql-17"
    decision = "rejected"
    rule     = "postgresql-next"
  }
}

test "what needs a reboot and is no security update is not approved" {
  now = "2027-01-13T02:00:00+01:00"
  host "pg-1" {
    os = { family = "debian" }
    updates = [
      { name = "linux-image-amd64", version = "6.1.124-1", classification = "bugfix", reboot = true, published = "2026-11-01T00:00:00Z" },
      { name = "tzdata", version = "2026c-0+deb12u1", classification = "bugfix", reboot = false, published = "2026-11-01T00:00:00Z" },
    ]
  }
  expect {
    host     = "pg-1"
    update   = "linux-image-amd64"
    decision = "not-matched"
  }
  expect {
    host     = "pg-1"
    update   = "tzdata"
    decision = "approved"
    rule     = "bugfix"
  }
}

test "what has no severity waits a week, what is severe two days" {
  now = "2027-01-13T02:00:00+01:00"
  host "pool-1" {
    os = { family = "debian" }
    updates = [
      { name = "openssl", version = "3.0.18-1~deb12u1", classification = "security", severity = "critical", published = "2027-01-10T00:00:00Z" },
      { name = "curl", version = "7.88.1-10+deb12u13", classification = "security", severity = "unknown", published = "2027-01-10T00:00:00Z" },
    ]
  }
  expect {
    host     = "pool-1"
    policy   = "pool"
    update   = "openssl"
    decision = "approved"
    rule     = "urgent"
  }
  expect {
    host     = "pool-1"
    policy   = "pool"
    update   = "curl"
    decision = "deferred"
    rule     = "security"
    until    = "2027-01-17"
  }
}
