test "a kernel waits for the new year" {
  now = "2026-12-08T02:00:00+01:00"
  host "web-01" {
    os = { family = "debian" }
    updates = [
      { name = "linux-image-amd64", version = "6.1.119-1", classification = "security", severity = "critical" },
    ]
  }
  expect {
    host     = "web-01"
    update   = "linux-image-amd64"
    decision = "held"
    rule     = "kernel-freeze"
  }
}

test "and comes when the hold is over" {
  now = "2027-01-11T02:00:00+01:00"
  host "web-01" {
    os = { family = "debian" }
    updates = [
      { name = "linux-image-amd64", version = "6.1.119-1", classification = "security", severity = "critical" },
    ]
  }
  expect {
    host     = "web-01"
    update   = "linux-image-amd64"
    decision = "approved"
    rule     = "urgent"
  }
}

test "nginx stays in its series" {
  now = "2026-12-08T02:00:00+01:00"
  host "web-17" {
    os = { family = "debian" }
    updates = [
      { name = "nginx", version = "1.28.0-1", classification = "security", severity = "important" },
      { name = "nginx-common", version = "1.26.3-2", classification = "security", severity = "important" },
    ]
  }
  expect {
    host     = "web-17"
    update   = "nginx"
    decision = "pinned"
    rule     = "nginx"
  }
  expect {
    host     = "web-17"
    update   = "nginx-common"
    decision = "approved"
    rule     = "nginx"
  }
}

test "what is known to be bad does not wait, what has no severity waits three days" {
  now = "2026-12-08T02:00:00+01:00"
  host "db-1" {
    os = { family = "debian" }
    updates = [
      { name = "openssl", version = "3.0.18-1~deb12u1", classification = "security", severity = "critical", published = "2026-12-07T20:00:00Z" },
      { name = "curl", version = "7.88.1-10+deb12u13", classification = "security", severity = "unknown", published = "2026-12-07T20:00:00Z" },
      { name = "bash-telemetry", version = "2.0", classification = "bugfix", published = "2026-01-01T00:00:00Z" },
    ]
  }
  expect {
    host     = "db-1"
    update   = "openssl"
    decision = "approved"
    rule     = "urgent"
  }
  expect {
    host     = "db-1"
    update   = "curl"
    decision = "deferred"
    rule     = "security"
  }
  expect {
    host     = "db-1"
    update   = "bash-telemetry"
    decision = "rejected"
    rule     = "telemetry"
  }
}

test "the rest waits two weeks, and what needs a reboot is no rest" {
  now = "2026-12-08T02:00:00+01:00"
  host "web-02" {
    os = { family = "debian" }
    updates = [
      { name = "tzdata", version = "2026c-0+deb12u1", classification = "bugfix", published = "2026-11-20T00:00:00Z" },
      { name = "libc6", version = "2.36-9+deb12u14", classification = "bugfix", reboot = true, published = "2026-11-20T00:00:00Z" },
    ]
  }
  expect {
    host     = "web-02"
    update   = "tzdata"
    decision = "approved"
    rule     = "quiet"
  }
  expect {
    host     = "web-02"
    update   = "libc6"
    decision = "not-matched"
  }
}
