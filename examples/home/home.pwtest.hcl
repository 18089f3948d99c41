test "security updates wait a day" {
  now = "2026-12-05T09:00:00+01:00"
  host "nas" {
    os = { family = "debian", name = "debian", version = "12" }
    updates = [
      { name = "openssl", version = "3.0.18-1", classification = "security", published = "2026-12-02T10:00:00Z" },
      { name = "curl", version = "8.11.1-1", classification = "security", published = "2026-12-05T01:00:00Z" },
    ]
  }
  expect {
    host     = "nas"
    update   = "openssl"
    decision = "approved"
    rule     = "security"
  }
  expect {
    host     = "nas"
    update   = "curl"
    decision = "deferred"
    rule     = "security"
  }
}

test "docker is left alone, a security update of it too" {
  now = "2026-12-05T09:00:00+01:00"
  host "box" {
    os = { family = "debian" }
    updates = [
      { name = "docker-ce-cli", version = "5:28.0.1-1", classification = "security", published = "2026-11-01T00:00:00Z" },
      { name = "vim", version = "2:9.1.1000-1", classification = "bugfix", published = "2026-11-01T00:00:00Z" },
    ]
  }
  expect {
    host     = "box"
    update   = "docker-ce-cli"
    decision = "held"
    rule     = "docker"
  }
  expect {
    host     = "box"
    update   = "vim"
    decision = "approved"
    rule     = "rest"
  }
}
