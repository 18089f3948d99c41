test "security updates do not wait, everything else waits three days" {
  now = "2026-12-01T10:00:00Z"
  host "one" {
    os = { family = "debian" }
    updates = [
      { name = "openssl", version = "3.0.18-1", classification = "security" },
      { name = "vim", version = "2:9.1.1000-1", classification = "bugfix", published = "2026-11-27T00:00:00Z" },
      { name = "nano", version = "8.3-1", classification = "bugfix", published = "2026-11-30T00:00:00Z" },
    ]
  }
  expect {
    host     = "one"
    update   = "openssl"
    decision = "approved"
    rule     = "security"
  }
  expect {
    host     = "one"
    update   = "vim"
    decision = "approved"
    rule     = "rest"
  }
  expect {
    host     = "one"
    update   = "nano"
    decision = "deferred"
    rule     = "rest"
  }
}
