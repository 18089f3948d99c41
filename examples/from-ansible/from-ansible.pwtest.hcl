test "hosts of the inventory are decided about like any others" {
  now = "2026-12-08T02:00:00+01:00"
  host "web2.example.net" {
    os = { family = "redhat" }
    updates = [
      { name = "nginx", version = "2:1.24.0-4.el9", classification = "security", severity = "important", published = "2026-12-05T00:00:00Z" },
      { name = "bash", version = "5.1.8-10.el9", classification = "bugfix", published = "2026-12-01T00:00:00Z" },
    ]
  }
  expect {
    host     = "web2.example.net"
    update   = "nginx"
    decision = "approved"
    rule     = "security"
  }
  expect {
    host     = "web2.example.net"
    update   = "bash"
    decision = "deferred"
    rule     = "rest"
  }
}

test "the database server waits as long as everybody" {
  now = "2026-12-08T02:00:00+01:00"
  host "db1.example.net" {
    os = { family = "debian" }
    updates = [
      { name = "libpq5", version = "15.10-0+deb12u1", classification = "security", published = "2026-12-07T12:00:00Z" },
    ]
  }
  expect {
    host     = "db1.example.net"
    update   = "libpq5"
    decision = "deferred"
    rule     = "security"
  }
}
